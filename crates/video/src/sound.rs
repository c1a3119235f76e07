//! The sound of a clip as plain samples.

use std::os::fd::AsFd;

use lifesign_confine::Step;

use crate::ended::checked;
use crate::{Clip, DurationBy, VideoError};

/// One channel of 16-bit samples at 16,000 a second; the first belongs to second 0 of the clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The samples.
    pub samples: Vec<i16>,
}

impl Sound {
    /// Samples a second.
    pub const SAMPLE_RATE: u32 = 16_000;

    /// Length in seconds.
    pub fn duration_s(&self) -> f64 {
        self.samples.len() as f64 / f64::from(Self::SAMPLE_RATE)
    }
}

impl Clip<'_> {
    /// The sound of the first track that has any, in a run of its own; `None` if there is none.
    ///
    /// # Errors
    /// As [`Clip::decode`].
    pub fn sound(&self) -> Result<Option<Sound>, VideoError> {
        let Some(track) = self.selected.audio else {
            return Ok(None);
        };
        let limits = &self.limits;
        // Phones let the sound run on a little behind the picture.
        let seconds = limits.longest_s() + 1.0;
        let most_bytes = (seconds * f64::from(Sound::SAMPLE_RATE)) as u64 * 2;
        let mut args = self.tools.decode_args(self.facts.container, limits);
        args.extend(["-map".to_owned(), format!("0:{track}")]);
        let resample = format!("aresample={}:async=1:first_pts=0", Sound::SAMPLE_RATE);
        let rate = Sound::SAMPLE_RATE.to_string();
        args.extend(
            [
                "-vn", "-sn", "-dn", "-af", &resample, "-ac", "1", "-ar", &rate,
            ]
            .map(str::to_owned),
        );
        args.extend(["-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"].map(str::to_owned));
        // One piece more than accepted, so that too much is told from much.
        let mut piece = vec![0; 64 * 1024];
        let bounds = limits.bounds(most_bytes + 2 * piece.len() as u64);
        let tools = self.tools;
        let mut running = tools.run(tools.ffmpeg(), &args, self.file.as_fd(), bounds)?;
        let mut bytes = Vec::new();
        loop {
            match running.step(&mut piece, &mut |_| false)? {
                Step::Output(count) => {
                    bytes.extend_from_slice(piece.get(..count).unwrap_or_default())
                }
                Step::Nothing => {}
                Step::End => break,
            }
            if bytes.len() as u64 > most_bytes {
                return Err(VideoError::TooLong {
                    seconds,
                    by: DurationBy::Content,
                    limit_s: limits.duration_s,
                });
            }
        }
        checked(&running.finish()?, limits)?;
        let samples = bytes
            .chunks_exact(2)
            .filter_map(|pair| Some(i16::from_le_bytes(*pair.first_chunk()?)))
            .collect();
        Ok(Some(Sound { samples }))
    }
}
