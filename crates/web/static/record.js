// Records what somebody says into the file field of its form, so that keeping it is a plain post. Without this file, or
// without a microphone, the field takes a sound file as ever.
"use strict";

// Nobody listens longer; the server refuses more.
const LONGEST_S = 300;

for (const place of document.querySelectorAll("[data-recorder]")) {
  if (!navigator.mediaDevices || !window.AudioWorkletNode) continue;
  place.hidden = false;
  const part = (name) => place.querySelector(`[data-${name}]`);
  const [record, stop, time, level, hear, said] = ["record", "stop", "time", "level", "hear", "said"].map(part);
  const input = place.closest("form").querySelector("input[type=file]");
  let running;

  record.addEventListener("click", async () => {
    record.disabled = true;
    try {
      running = await begin(place.dataset.worklet, (loud, seconds) => {
        level.value = loud;
        time.textContent = clock(seconds);
        if (seconds >= LONGEST_S) stop.click();
      });
      [record.hidden, stop.hidden, level.hidden, hear.hidden] = [true, false, false, true];
      said.textContent = "Recording. Press Stop when you are done.";
      stop.focus();
    } catch (error) {
      said.textContent = error.name === "NotAllowedError"
        ? "The browser does not let this page use the microphone. Allow it beside the address, or choose a file."
        : "No microphone was found. Choose a sound file instead.";
    }
    record.disabled = false;
  });

  stop.addEventListener("click", async () => {
    if (!running) return;
    const recorded = await running.end();
    running = undefined;
    const file = new File([recorded], "recording.wav", { type: "audio/wav" });
    const files = new DataTransfer();
    files.items.add(file);
    input.files = files.files;
    if (hear.src) URL.revokeObjectURL(hear.src);
    hear.src = URL.createObjectURL(file);
    [record.hidden, stop.hidden, level.hidden, hear.hidden] = [false, true, true, false];
    said.textContent = "Listen to it. Press Keep this recording, or record it anew.";
    hear.focus();
  });
}

// Opens the microphone; `end` closes it and answers a wave file.
async function begin(worklet, heard) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false } });
  const context = new AudioContext();
  await context.audioWorklet.addModule(worklet);
  const source = context.createMediaStreamSource(stream);
  const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
  const blocks = [];
  let samples = 0;
  node.port.onmessage = ({ data }) => {
    blocks.push(data);
    samples += data.length;
    heard(data.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0), samples / context.sampleRate);
  };
  source.connect(node);
  return {
    async end() {
      source.disconnect();
      for (const track of stream.getTracks()) track.stop();
      // What the worklet still holds comes with its last message.
      node.port.postMessage("end");
      await new Promise((resolve) => setTimeout(resolve, 100));
      await context.close();
      return wave(blocks, samples, context.sampleRate);
    },
  };
}

function wave(blocks, samples, rate) {
  const bytes = new DataView(new ArrayBuffer(44 + samples * 2));
  const text = (at, letters) => [...letters].forEach((letter, n) => bytes.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF"); bytes.setUint32(4, 36 + samples * 2, true); text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true); bytes.setUint16(20, 1, true); bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true); bytes.setUint32(28, rate * 2, true);
  bytes.setUint16(32, 2, true); bytes.setUint16(34, 16, true);
  text(36, "data"); bytes.setUint32(40, samples * 2, true);
  let at = 44;
  for (const block of blocks) {
    for (const sample of block) {
      bytes.setInt16(at, Math.max(-1, Math.min(1, sample)) * 32767, true);
      at += 2;
    }
  }
  return bytes.buffer;
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
