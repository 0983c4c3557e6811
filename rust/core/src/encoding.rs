//! Encoding: what COPY writes instead of UTF-8, character by character. The tables come from Python,
//! which has them from a PostgreSQL. Which rows and cells are converted is `converted`'s.

use crate::isa::{Isa, STEP, Task};

/// An encoding other than UTF-8, and what PostgreSQL converts each character to.
#[derive(Debug, Clone, Default)]
pub struct Encoding {
    /// By code point: up to four bytes, the first one lowest, zeros behind; zero where there is no
    /// equivalent, as beyond the end.
    codes: Vec<u32>,
    pairs: Vec<([char; 2], u32)>,
    folded: Vec<(char, u8)>,
    /// How many bytes come of one at most.
    growth: usize,
}

/// How far behind the converted bytes the stores may reach.
pub(crate) const OVERRUN: usize = STEP;

impl Encoding {
    /// The encoding with these `codes`, four bytes for each code point from U+0000 on: the
    /// character's, then zeros. `pairs` are characters that have one code together; `folded` are
    /// those beyond ASCII that become the ASCII character beside them.
    #[must_use]
    pub fn new(codes: &[u8], pairs: Vec<([char; 2], Vec<u8>)>, folded: Vec<(char, u8)>) -> Self {
        let codes: Vec<_> =
            codes.as_chunks().0.iter().map(|code| u32::from_le_bytes(*code)).collect();
        let pairs = pairs.into_iter().map(|(pair, code)| {
            let bytes = code.iter().rev();
            (pair, bytes.fold(0, |code, byte| code << 8 | u32::from(*byte)))
        });
        let growth = (0_u32..).zip(&codes).filter_map(|(point, code)| {
            Some(len(*code).div_ceil(char::from_u32(point)?.len_utf8()))
        });
        let growth = growth.max().unwrap_or(1);
        Self { growth, pairs: pairs.collect(), folded, codes }
    }

    /// The characters that become ASCII ones.
    pub(crate) fn folded(&self) -> &[(char, u8)] {
        &self.folded
    }

    /// Room for `len` bytes of UTF-8 converted.
    pub(crate) fn room(&self, len: usize) -> usize {
        self.growth * len + OVERRUN
    }

    /// Writes `source[..len]`, valid UTF-8, to `out`, which has `room` for it, and gives the length.
    ///
    /// # Errors
    /// The first character without an equivalent.
    #[inline(always)]
    pub(crate) fn put<I: Isa>(
        &self,
        isa: I,
        source: &[u8],
        len: usize,
        out: &mut [u8],
    ) -> Result<usize, char> {
        if self.pairs.is_empty() {
            isa.run(Converting::<false> { encoding: self, source, len, out })
        } else {
            isa.run(Converting::<true> { encoding: self, source, len, out })
        }
    }

    /// The same of a short text, allocated.
    pub(crate) fn convert<I: Isa>(&self, isa: I, text: &[u8]) -> Result<Vec<u8>, char> {
        let mut out = vec![0; self.room(text.len())];
        let len = self.put(isa, text, text.len(), &mut out)?;
        out.truncate(len);
        Ok(out)
    }

    /// The code that two characters have together.
    #[cold]
    fn pair(&self, first: u32, second: u32) -> Option<u32> {
        let wanted = [char::from_u32(first)?, char::from_u32(second)?];
        self.pairs.iter().find(|(pair, _)| *pair == wanted).map(|(_, code)| *code)
    }
}

/// How many bytes a code has.
#[inline(always)]
fn len(code: u32) -> usize {
    4 - code.leading_zeros() as usize / 8
}

/// Converts `source[..len]`; with `PAIRS`, some characters have a code together with the next one.
struct Converting<'a, const PAIRS: bool> {
    encoding: &'a Encoding,
    source: &'a [u8],
    len: usize,
    out: &'a mut [u8],
}

impl<const PAIRS: bool> Task for Converting<'_, PAIRS> {
    type Output = Result<usize, char>;

    #[inline(always)]
    fn run(self) -> Result<usize, char> {
        let Self { encoding, source, len: end, out } = self;
        let (mut at, mut to) = (0, 0);
        while at < end {
            if at + STEP <= end {
                let step: &[u8; STEP] = source[at..].first_chunk().expect("there is a step");
                out[to..to + STEP].copy_from_slice(step);
                let high = step.iter().fold(0, |high, byte| high | byte) >> 7;
                if high == 0 {
                    (at, to) = (at + STEP, to + STEP);
                    continue;
                }
            }
            // Up to the first character that is not ASCII, and up to the end of those.
            while at < end && source[at] < 0x80 {
                out[to] = source[at];
                (at, to) = (at + 1, to + 1);
            }
            while at < end && source[at] >= 0x80 {
                let (point, width) = decode(source, at);
                let mut code = encoding.codes.get(point as usize).copied().unwrap_or(0);
                at += width;
                if PAIRS && at < end && source[at] >= 0x80 {
                    let (next, width) = decode(source, at);
                    if let Some(joined) = encoding.pair(point, next) {
                        code = joined;
                        at += width;
                    }
                }
                if code == 0 {
                    return Err(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                out[to..to + 4].copy_from_slice(&code.to_le_bytes());
                to += len(code);
            }
        }
        Ok(to)
    }
}

/// The code point, beyond ASCII, that begins at `at`, and its length.
#[inline(always)]
fn decode(source: &[u8], at: usize) -> (u32, usize) {
    let window = match source[at..].first_chunk() {
        Some(window) => *window,
        None => {
            let mut window = [0; 4];
            window[..source.len() - at].copy_from_slice(&source[at..]);
            window
        }
    };
    let [lead, rest @ ..] = window.map(u32::from);
    let [second, third, fourth] = rest.map(|byte| byte & 0x3f);
    if lead < 0xe0 {
        ((lead & 0x1f) << 6 | second, 2)
    } else if lead < 0xf0 {
        ((lead & 0xf) << 12 | second << 6 | third, 3)
    } else {
        ((lead & 7) << 18 | second << 12 | third << 6 | fourth, 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Baseline;

    /// Each character that `has` is its number in four, three or two bytes from 0x81 on.
    fn made_up(has: impl Fn(u32) -> bool, pairs: Vec<([char; 2], Vec<u8>)>) -> Encoding {
        let code = |point: u32| match point {
            0..0x80 => [point as u8, 0, 0, 0],
            _ if !has(point) => [0; 4],
            _ => [point & 0x7f | 0x80, point >> 7 & 0x7f | 1, point >> 14 | 0x40, 0]
                .map(|byte| byte as u8),
        };
        Encoding::new(&(0..0x0011_0000).flat_map(code).collect::<Vec<_>>(), pairs, vec![])
    }

    fn slow(encoding: &Encoding, text: &str) -> Result<Vec<u8>, char> {
        let mut bytes = vec![];
        for character in text.chars() {
            match encoding.codes[character as usize] {
                0 => return Err(character),
                code => bytes.extend(code.to_le_bytes().iter().filter(|byte| **byte > 0)),
            }
        }
        Ok(bytes)
    }

    #[test]
    fn every_character_is_found_or_refused() {
        let encoding = made_up(|point| point % 3 > 0, vec![]);
        for character in '\u{1}'..=char::MAX {
            let text = format!("a{character}b");
            assert_eq!(encoding.convert(Baseline, text.as_bytes()), slow(&encoding, &text));
        }
    }

    #[test]
    fn characters_meet_the_steps_and_the_end_anywhere() {
        let encoding = made_up(|_| true, vec![]);
        for ascii in 0..80 {
            for character in ["é", "日", "😀", "é日😀a日"] {
                let text = format!("{}{character}{}", "x".repeat(ascii), "y".repeat(ascii % 37));
                assert_eq!(encoding.convert(Baseline, text.as_bytes()), slow(&encoding, &text));
            }
        }
    }

    #[test]
    fn what_lies_behind_the_end_is_not_looked_at() {
        let encoding = made_up(|_| true, vec![(['か', '゚'], vec![0xa4, 0xf7])]);
        let text = "か゚か゚か".as_bytes();
        assert_eq!(encoding.convert(Baseline, text).unwrap()[..4], [0xa4, 0xf7, 0xa4, 0xf7]);
        let alone = encoding.convert(Baseline, "か".as_bytes()).unwrap();
        let mut out = [0; 100];
        let len = encoding.put(Baseline, text, 3, &mut out).unwrap();
        assert_eq!(out[..len], alone);
    }
}
