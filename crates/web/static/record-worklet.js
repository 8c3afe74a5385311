// Runs beside the page, on the browser's audio thread: hands on what the microphone hears, a tenth of a second at a time.
"use strict";

class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.kept = [];
    this.length = 0;
    this.port.onmessage = () => this.tell();
  }

  process([input]) {
    if (input[0]) {
      this.kept.push(input[0].slice());
      this.length += input[0].length;
      if (this.length >= sampleRate / 10) this.tell();
    }
    return true;
  }

  tell() {
    const block = new Float32Array(this.length);
    let at = 0;
    for (const part of this.kept) {
      block.set(part, at);
      at += part.length;
    }
    this.kept = [];
    this.length = 0;
    this.port.postMessage(block, [block.buffer]);
  }
}

registerProcessor("recorder", Recorder);
