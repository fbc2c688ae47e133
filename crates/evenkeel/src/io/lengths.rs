//! Frames with their length in front.

use std::io::{Error, ErrorKind, Result};

use super::framed::Codec;

/// Frames that begin with their length: a number of so many bytes, then as many bytes as it says.
///
/// ```
/// use evenkeel::io::{Framed, Lengths};
///
/// # evenkeel::run(async {
/// let options = Lengths { width: 2, ..Lengths::default() };
/// let mut frames = Framed::new(&b"\0\x04ahoy\xff\xff"[..], Lengths { longest: 100, ..options });
/// assert_eq!(frames.next().await.unwrap()?, b"ahoy");
/// let error = frames.next().await.unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "a frame of 65535 bytes: the longest may have 100");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "LengthDelimitedCodec")]
pub struct Lengths {
    /// The longest frame that is taken or sent. The length in front is not counted.
    pub longest: usize,
    /// Of how many bytes the length is made: 1 to 8.
    pub width: usize,
    /// Which of them is first.
    pub order: ByteOrder,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrder {
    /// The highest, as usual on networks.
    #[default]
    Big,
    /// The lowest.
    Little,
}

impl Default for Lengths {
    /// Of four bytes, the highest first; frames of 8 MiB at most.
    fn default() -> Lengths {
        Lengths { longest: 8 * 1024 * 1024, width: 4, order: ByteOrder::Big }
    }
}

impl Lengths {
    fn width(&self) -> usize {
        assert!((1..=8).contains(&self.width), "a length is of 1 to 8 bytes, not {}", self.width);
        self.width
    }

    fn length(&self, head: &[u8]) -> u64 {
        let add = |length: u64, byte: &u8| length << 8 | u64::from(*byte);
        match self.order {
            ByteOrder::Big => head.iter().fold(0, add),
            ByteOrder::Little => head.iter().rev().fold(0, add),
        }
    }

    fn check(&self, length: u64) -> Result<usize> {
        let fits = usize::try_from(length).ok().filter(|length| *length <= self.longest);
        fits.ok_or_else(|| {
            let longest = self.longest;
            let text = format!("a frame of {length} bytes: the longest may have {longest}");
            Error::new(ErrorKind::InvalidData, text)
        })
    }
}

/// # Panics
///
/// If the width is not 1 to 8.
impl Codec for Lengths {
    type Frame = Vec<u8>;
    type Sent = [u8];

    fn decode(&mut self, bytes: &[u8], ended: bool) -> Result<Option<(usize, Vec<u8>)>> {
        let width = self.width();
        if let Some((head, body)) = bytes.split_at_checked(width) {
            let length = self.check(self.length(head))?;
            if let Some(frame) = body.get(..length) {
                return Ok(Some((width + length, frame.to_vec())));
            }
        }
        if ended && !bytes.is_empty() {
            let text = "the stream ended within a frame";
            return Err(Error::new(ErrorKind::UnexpectedEof, text));
        }
        Ok(None)
    }

    fn encode(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let (width, length) = (self.width(), self.check(frame.len() as u64)? as u64);
        if width < 8 && length >> (8 * width) != 0 {
            let text = format!("a length of {length} does not fit into {width} bytes");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        match self.order {
            ByteOrder::Big => out.extend_from_slice(&length.to_be_bytes()[8 - width..]),
            ByteOrder::Little => out.extend_from_slice(&length.to_le_bytes()[..width]),
        }
        out.extend_from_slice(frame);
        Ok(())
    }
}
