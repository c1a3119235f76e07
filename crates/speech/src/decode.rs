//! One run of the recogniser, and what it prints.
//!
//! `pocketsphinx_batch` takes a list of recordings and writes files. Here the list has one entry, the
//! descriptor 0, and all files are the descriptor 1: sound in, text out. A whole recording is one utterance to it, so
//! that pauses between digits do not matter.

use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

use lifesign_confine::{Active, Bounds, Running, in_memory};

use crate::grammar::{digit, grammar};
use crate::recogniser::Engine;
use crate::{MAX_HYPOTHESES, SpeechError};

/// Milliseconds of the recogniser's frames.
pub(crate) const FRAME_MS: u64 = 10;

/// Name of the one recording: with the folder for its list of hypotheses it makes the path of standard output.
const OUTPUT: &str = "1";
/// Lines of that list: most differ in silence and pronunciation only.
const LINES: usize = 30;

/// How likely silence is between digits. By default a word is preferred, and a word too much at the beginning costs
/// one at the end: there are only so many.
const SILENCE: &str = "0.3";

/// A line of the log that tells why it gave up.
const ERROR: &str = "ERROR";
/// What it says of an option that it does not have.
pub(crate) const UNKNOWN_OPTION: &str = "Unknown argument";

/// One hears 30 s in less than 2 s of processor time.
const BOUNDS: Bounds = Bounds {
    wall: Duration::from_secs(15),
    cpu: Duration::from_secs(10),
    memory_bytes: 128 * 1024 * 1024,
    output_bytes: 64 * 1024,
};

/// What one run heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Decoded {
    /// Digits, the likeliest first, each once.
    pub(crate) hypotheses: Vec<Vec<u8>>,
    /// The frame of 10 ms in which the first digit of the likeliest begins.
    pub(crate) first_word: Option<u64>,
}

/// Hears `count` digits in 16-bit samples.
pub(crate) fn decode(
    engine: &Engine,
    sound: &[u8],
    count: usize,
) -> Result<(Decoded, Active), SpeechError> {
    let folder = tempfile::Builder::new()
        .prefix("lifesign-speech-")
        .tempdir()
        .map_err(|e| SpeechError::internal(&e))?;
    let folder = folder.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text);
    write("list", &format!("0 0 -1 {OUTPUT}\n"))
        .and_then(|()| write("grammar", &grammar(count)))
        .and_then(|()| write("dictionary", &engine.model.dictionary))
        .map_err(|e| SpeechError::internal(&e))?;
    let launcher = engine.launcher.clone().and_readable(folder);
    let input = in_memory("speech", sound).map_err(|e| SpeechError::internal(&e))?;
    let args = args(engine, folder);
    let running = Running::start(&launcher, &engine.tool, &args, input.as_fd(), BOUNDS)?;
    let active = *running.active();
    let (output, ended) = running.listening_for(&[ERROR]).read_all()?;
    if let (Err(error), Some(line)) = (ended.result(), ended.said(ERROR)) {
        return Err(match error.is_passing() {
            true => error.into(),
            false => engine.tool.unusable(line).into(),
        });
    }
    ended.result()?;
    let text = String::from_utf8(output).map_err(|_| SpeechError::Unreadable)?;
    Ok((parse(&text)?, active))
}

fn args(engine: &Engine, folder: &Path) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let file = |name: &str| path(&folder.join(name));
    let output = format!("/proc/self/fd/{OUTPUT}");
    let pairs = [
        ("-hmm", path(&engine.model.acoustic)),
        ("-dict", file("dictionary")),
        ("-jsgf", file("grammar")),
        ("-ctl", file("list")),
        ("-adcin", "yes".to_owned()),
        ("-cepdir", "/proc/self/fd".to_owned()),
        ("-cepext", String::new()),
        ("-silprob", SILENCE.to_owned()),
        ("-hypseg", output),
        ("-nbest", LINES.to_string()),
        ("-nbestdir", "/proc/self/fd".to_owned()),
        ("-nbestext", String::new()),
    ];
    // Version 0.8 else leaves silence out before it counts time; version 5 never does and has no such option.
    let keep_silence = ("-remove_silence", "no".to_owned());
    let keep_silence = engine.may_remove_silence.then_some(keep_silence);
    let pairs = pairs.into_iter().chain(keep_silence);
    pairs
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect()
}

/// Lines of hypotheses with a score behind each, and one with the segments of the best:
/// `1 S 0 T -60 A -56 L -3 0 -5 0 <sil> 29 -19 0 seven 70`, where each word follows its first frame and two scores,
/// and the number of frames is last.
fn parse(text: &str) -> Result<Decoded, SpeechError> {
    let mut decoded = Decoded::default();
    let mut others = Vec::new();
    let mut has_segments = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [OUTPUT, "S", _, "T", _, "A", _, "L", _, segments @ ..] => {
                has_segments = true;
                let digits = segments.iter().filter_map(|word| digit(word)).collect();
                decoded.hypotheses.push(digits);
                decoded.first_word = first_word(segments);
            }
            // Nothing was heard at all.
            [OUTPUT, "S", ..] | [OUTPUT, "T", ..] => has_segments = true,
            words => others.push(words.iter().filter_map(|word| digit(word)).collect()),
        }
    }
    if !has_segments {
        return Err(SpeechError::Unreadable);
    }
    for digits in others {
        if !decoded.hypotheses.contains(&digits) {
            decoded.hypotheses.push(digits);
        }
    }
    decoded.hypotheses.retain(|digits| !digits.is_empty());
    decoded.hypotheses.truncate(MAX_HYPOTHESES);
    Ok(decoded)
}

fn first_word(segments: &[&str]) -> Option<u64> {
    segments.chunks(4).find_map(|group| match group {
        [start, _, _, word] if digit(word).is_some() => start.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_the_segments_are_read() {
        let text = "four seven one nine -5402\nfour zero one nine -5652\nfour oh one nine -5700\n\n\
            1 S 0 T -6015 A -5678 L -337 0 -52 0 <sil> 12 -19 0 four 40 -6 0 seven 70 -1 0 one(2) 98 -7 0 nine 150 -2 -3 <sil> 188\n";
        let decoded = parse(text).unwrap();
        assert_eq!(decoded.hypotheses, [[4, 7, 1, 9], [4, 0, 1, 9]]);
        assert_eq!(decoded.first_word, Some(12));
    }

    #[test]
    fn other_text_is_no_answer_and_no_panic() {
        for text in ["", "four\n", "1\n", "\0\u{ff}\n", "S 1 T"] {
            assert_eq!(parse(text), Err(SpeechError::Unreadable), "{text:?}");
        }
        for text in [
            "1 S 0 T 0 A 0 L 0\n",
            "1 S 0 T 0 A 0 L 0 x x x x x\n",
            "1 S 0 T 0 A 0 L 0 9 9 9 <sil> 7\n",
            "1 S 0 T 0 A 0 L 0 99999999999999999999999 0 0 one 1\n",
        ] {
            let decoded = parse(text).unwrap();
            assert_eq!(decoded.first_word, None, "{text:?}");
        }
    }
}
