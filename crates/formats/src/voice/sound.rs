//! Recordings that people upload, made ready for the telephone, and back into a file to listen to.
//!
//! What a school records is too loud or too quiet, in stereo, at any sampling rate. Here it becomes 8 kHz mono at one
//! loudness, once; every call then plays the same samples.

use std::io::Cursor;

use rubato::{FftFixedInOut, Resampler};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use thiserror::Error;

use super::SAMPLE_RATE;

/// The largest file that is read: a quarter of an hour of stereo at CD quality is larger.
pub const MAX_MIB: usize = 25;
/// The longest message; nobody listens longer, and lines are busy meanwhile.
pub const MAX_SECONDS: u32 = 300;
/// What is shorter holds no sentence.
const MIN_SAMPLES: usize = 4000;
/// Sampling rates that sound files have.
const RATES: std::ops::RangeInclusive<u32> = 4000..=96_000;
/// The loudness that all messages get, as root mean square of where somebody talks: −18 dB below full scale, the
/// level of a clear talker on a trunk.
const TARGET_RMS: f32 = 4125.0;
/// A recording is raised by 30 dB at most; below that it is noise.
const MOST_GAIN: f32 = 31.6;
/// One packet in ten may be damaged by a bad copy; a file with more is no message.
const DAMAGED_OF: usize = 10;

/// Why a file cannot be a message. The sentences name the file and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SoundError {
    #[error("{file}: has more than {MAX_MIB} MiB; save it as mp3, or make it shorter")]
    TooBig { file: String },
    #[error("{file}: is no sound file that is understood; save it as wav, mp3, m4a or ogg (Vorbis)")]
    NotASound { file: String },
    #[error("{file}: holds Opus sound, which is not understood; save it as wav or mp3")]
    Opus { file: String },
    #[error("{file}: is damaged after {seconds} s; save it again from the program that recorded it")]
    Damaged { file: String, seconds: usize },
    #[error("{file}: is sampled {rate} times a second; save it with 8,000 to 96,000")]
    Rate { file: String, rate: u32 },
    #[error("{file}: is longer than {} minutes; shorten the message, people hang up long before", MAX_SECONDS / 60)]
    TooLong { file: String },
    #[error("{file}: is shorter than half a second; record the whole message")]
    TooShort { file: String },
    #[error("{file}: is silent; see whether the microphone was on, and record it again")]
    Silent { file: String },
}

/// The sound of a file, at 8 kHz, mono, as loud as every other message.
///
/// The name serves the error sentences and as a hint at the format; the bytes decide.
pub fn decode(bytes: &[u8], file_name: &str) -> Result<Vec<i16>, SoundError> {
    let file = file_name.to_owned();
    if bytes.len() > MAX_MIB << 20 {
        return Err(SoundError::TooBig { file });
    }
    let (rate, samples) = mono(bytes, file_name)?;
    let samples = telephone_rate(samples, rate);
    if samples.len() < MIN_SAMPLES {
        return Err(SoundError::TooShort { file });
    }
    level(&samples).ok_or(SoundError::Silent { file })
}

/// A wav file of these samples, for a person to listen to what is played.
pub fn to_wav(samples: &[i16]) -> Vec<u8> {
    let length = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut wav = Vec::with_capacity(samples.len() * 2 + 44);
    wav.extend(b"RIFF");
    wav.extend((length + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(SAMPLE_RATE.to_le_bytes());
    wav.extend((SAMPLE_RATE * 2).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}

/// All channels as one, at the file's own rate.
fn mono(bytes: &[u8], file_name: &str) -> Result<(u32, Vec<f32>), SoundError> {
    let file = || file_name.to_owned();
    let (mut format, track, mut decoder) = open(bytes, file_name).ok_or_else(|| unreadable(bytes, file_name))?;
    let (mut rate, mut samples) = (SAMPLE_RATE, Vec::new());
    let (mut packets, mut damaged) = (0, 0);
    let mut interleaved: Vec<f32> = Vec::new();
    let seconds = |samples: &[f32], rate: u32| samples.len() / usize::try_from(rate).unwrap_or(usize::MAX).max(1);
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            // A second stream in one file (chained ogg) is another recording.
            Ok(None) | Err(Error::ResetRequired) => break,
            Err(_) => return Err(SoundError::Damaged { file: file(), seconds: seconds(&samples, rate) }),
        };
        if packet.track_id != track {
            continue;
        }
        packets += 1;
        let Ok(sound) = decoder.decode(&packet) else {
            damaged += 1;
            continue;
        };
        rate = sound.spec().rate();
        if !RATES.contains(&rate) {
            return Err(SoundError::Rate { file: file(), rate });
        }
        let channels = sound.spec().channels().count().max(1);
        sound.copy_to_vec_interleaved(&mut interleaved);
        samples.extend(interleaved.chunks_exact(channels).map(mean));
        if seconds(&samples, rate) >= usize::try_from(MAX_SECONDS).unwrap_or(usize::MAX) {
            return Err(SoundError::TooLong { file: file() });
        }
    }
    if damaged * DAMAGED_OF > packets {
        return Err(SoundError::Damaged { file: file(), seconds: seconds(&samples, rate) });
    }
    Ok((rate, samples))
}

type Opened = (Box<dyn FormatReader>, u32, Box<dyn AudioDecoder>);

/// The file's first track of sound and who decodes it.
fn open(bytes: &[u8], file_name: &str) -> Option<Opened> {
    let mut hint = Hint::new();
    if let Some((_, extension)) = file_name.rsplit_once('.') {
        hint.with_extension(&extension.to_ascii_lowercase());
    }
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), MediaSourceStreamOptions::default());
    let probe = symphonia::default::get_probe();
    let Ok(format) = probe.probe(&hint, stream, FormatOptions::default(), MetadataOptions::default()) else {
        return None;
    };
    let track = format.default_track(TrackType::Audio)?;
    let parameters = track.codec_params.as_ref()?.audio()?;
    let options = AudioDecoderOptions::default();
    let Ok(decoder) = symphonia::default::get_codecs().make_audio_decoder(parameters, &options) else {
        return None;
    };
    let id = track.id;
    Some((format, id, decoder))
}

/// Browsers record Opus, which deserves its own sentence.
fn unreadable(bytes: &[u8], file_name: &str) -> SoundError {
    let file = file_name.to_owned();
    let opus = bytes.iter().take(4096).copied().collect::<Vec<u8>>().windows(8).any(|window| window == b"OpusHead");
    if opus { SoundError::Opus { file } } else { SoundError::NotASound { file } }
}

/// The middle of all channels at one instant, full scale being 32,768.
fn mean(channels: &[f32]) -> f32 {
    let count = u16::try_from(channels.len()).unwrap_or(u16::MAX);
    channels.iter().sum::<f32>() / f32::from(count) * 32768.0
}

/// The same sound at 8 kHz; what the telephone cannot carry is filtered out.
fn telephone_rate(samples: Vec<f32>, rate: u32) -> Vec<f32> {
    let (from, to) = (usize::try_from(rate).unwrap_or(usize::MAX), 8000);
    if from == to || samples.is_empty() {
        return samples;
    }
    let mut resampler = FftFixedInOut::<f32>::new(from, to, 4096, 1).expect("both rates are above zero");
    let wanted = samples.len() * to / from;
    let (chunk, delay) = (resampler.input_frames_next(), resampler.output_delay());
    let mut output: Vec<f32> = Vec::with_capacity(wanted + 2 * chunk);
    let mut rest = samples.as_slice();
    while output.len() < wanted + delay {
        let (now, later) = rest.split_at(chunk.min(rest.len()));
        let filled: Vec<f32> = now.iter().copied().chain(std::iter::repeat(0.0)).take(chunk).collect();
        let made = resampler.process(&[filled], None).expect("one channel of the length that it asked for");
        output.extend(made.into_iter().flatten());
        rest = later;
    }
    output.drain(..delay);
    output.truncate(wanted);
    output
}

/// One loudness for all: measured where somebody talks, so that pauses do not count; `None` where nobody does.
fn level(samples: &[f32]) -> Option<Vec<i16>> {
    let centred = without_hum(samples);
    let power = |block: &[f32]| block.iter().map(|sample| sample * sample).sum::<f32>() / 400.0;
    let powers: Vec<f32> = centred.chunks_exact(400).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f32::max);
    let talk: Vec<f32> = powers.into_iter().filter(|&power| power > loudest / 100.0).collect();
    let count = u16::try_from(talk.len()).unwrap_or(u16::MAX);
    let rms = (talk.iter().sum::<f32>() / f32::from(count).max(1.0)).sqrt();
    // 10 of 32,768 is the noise of a microphone that is off.
    (rms > 10.0).then(|| {
        let gain = (TARGET_RMS / rms).min(MOST_GAIN);
        centred.iter().map(|sample| limited(sample * gain)).collect()
    })
}

/// Without what lies below 60 Hz: mains hum, and a microphone's offset.
fn without_hum(samples: &[f32]) -> Vec<f32> {
    let (mut last_in, mut last_out) = (0.0, 0.0);
    let filter = |&sample: &f32| {
        last_out = sample - last_in + 0.954 * last_out;
        last_in = sample;
        last_out
    };
    samples.iter().map(filter).collect()
}

/// Peaks bent down smoothly instead of cut off, which would crackle.
fn limited(value: f32) -> i16 {
    const KNEE: f32 = 20_000.0;
    const REST: f32 = 12_000.0;
    let loud = value.abs();
    let bent = if loud <= KNEE { loud } else { KNEE + REST * ((loud - KNEE) / REST).tanh() };
    #[expect(clippy::cast_possible_truncation, reason = "at most 32,000")]
    let sample = bent.copysign(value).round() as i16;
    sample
}

#[cfg(test)]
#[path = "sound_tests.rs"]
mod tests;
