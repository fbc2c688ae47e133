//! Lines of text, with a largest length.

use std::io::{Error, ErrorKind, Result};

use super::framed::Codec;

/// Frames that are lines of UTF-8, without their `\n` or `\r\n`. The last may have no end of its own.
///
/// ```
/// use evenkeel::io::{Framed, Lines};
///
/// # evenkeel::run(async {
/// let mut lines = Framed::new(&b"short\r\nfar too long\n"[..], Lines::up_to(8));
/// assert_eq!(lines.next().await.unwrap()?, "short");
/// let error = lines.next().await.unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "a line is longer than 8 bytes");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Lines {
    longest: usize,
    /// How many of the bytes at hand hold no end of a line.
    searched: usize,
}

/// The same rules, for another stream: of what this one has at hand the clone knows nothing.
impl Clone for Lines {
    fn clone(&self) -> Lines {
        Lines::up_to(self.longest)
    }
}

impl Default for Lines {
    /// Of 64 KiB at most, asyncio's limit.
    fn default() -> Lines {
        Lines::up_to(64 * 1024)
    }
}

impl Lines {
    /// Lines of at most so many bytes, their end not counted.
    pub fn up_to(longest: usize) -> Lines {
        Lines { longest, searched: 0 }
    }

    fn too_long(&self) -> Error {
        let text = format!("a line is longer than {} bytes", self.longest);
        Error::new(ErrorKind::InvalidData, text)
    }

    fn line(&self, bytes: &[u8]) -> Result<String> {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.len() > self.longest {
            return Err(self.too_long());
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Error::new(ErrorKind::InvalidData, format!("a line is no text: {error}"))
        })?;
        Ok(text.to_owned())
    }
}

impl Codec for Lines {
    type Frame = String;
    type Sent = str;

    fn decode(&mut self, bytes: &[u8], ended: bool) -> Result<Option<(usize, String)>> {
        let end = bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        if let Some(end) = end.map(|end| self.searched + end) {
            self.searched = 0;
            return Ok(Some((end + 1, self.line(&bytes[..end])?)));
        }
        // The `\r` of an end that is still to come does not count.
        if bytes.len() > self.longest.saturating_add(1) {
            return Err(self.too_long());
        }
        if ended && !bytes.is_empty() {
            self.searched = 0;
            return Ok(Some((bytes.len(), self.line(bytes)?)));
        }
        self.searched = bytes.len();
        Ok(None)
    }

    fn encode(&mut self, line: &str, out: &mut Vec<u8>) -> Result<()> {
        if line.len() > self.longest {
            return Err(self.too_long());
        }
        if line.contains('\n') {
            return Err(Error::new(ErrorKind::InvalidInput, "a line holds the end of a line"));
        }
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
        Ok(())
    }
}
