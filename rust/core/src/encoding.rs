//! Encoding: what COPY writes instead of UTF-8, character by character. The tables come from Python,
//! which has them from a PostgreSQL. Which rows and cells are converted is `converted`'s.

use crate::isa::{Isa, STEP, Task};

/// An encoding other than UTF-8, and what PostgreSQL converts each character to.
#[derive(Debug, Clone, Default)]
pub struct Encoding {
    /// By code point: up to four bytes, the first one lowest, zeros behind; zero where there is no
    /// equivalent, as beyond the end.
    codes: Vec<u32>,
    /// The same of the basic plane's characters that become two bytes; empty if there is none.
    twos: Vec<u16>,
    pairs: Vec<([char; 2], u32)>,
    /// The second characters of the pairs, of which there are few.
    seconds: Vec<u32>,
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
        let mut twos = vec![];
        if codes.iter().any(|code| len(*code) == 2) {
            let two = |code: &u32| if len(*code) == 2 { *code as u16 } else { 0 };
            twos = codes.iter().take(BASIC).map(two).collect();
            twos.resize(BASIC, 0);
        }
        let pairs: Vec<_> = pairs.collect();
        let mut seconds: Vec<_> = pairs.iter().map(|([_, second], _)| *second as u32).collect();
        seconds.sort_unstable();
        seconds.dedup();
        Self { growth, twos, pairs, seconds, folded, codes }
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

    /// Writes the characters that `source` begins with, up to the first that is not three bytes of
    /// UTF-8 or does not become two, and but for the last few before the end: Chinese, Japanese and
    /// Korean go on and on like that. Gives the bytes read and the bytes written.
    #[inline(always)]
    fn put_threes(&self, source: &[u8], out: &mut [u8]) -> (usize, usize) {
        let Some(twos) = self.twos.first_chunk::<BASIC>() else { return (0, 0) };
        let (mut at, mut to) = (0, 0);
        // Twelve bytes at a time, in two words of six, and two more that are not looked at.
        while let Some(window) = source[at..].first_chunk::<14>() {
            let pairs = [window.first_chunk(), window.last_chunk()]
                .map(|bytes| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes)));
            let mut word = 0;
            for (i, pair) in pairs.iter().enumerate() {
                let points = pair << 12 & 0xf000_00f000 | pair >> 2 & 0x0fc0_000fc0;
                let points = points | pair >> 16 & 0x003f_00003f;
                let [first, second] = [points, points >> 24].map(|point| point as u16);
                let codes = u32::from(twos[usize::from(first)])
                    | u32::from(twos[usize::from(second)]) << 16;
                word |= u64::from(codes) << (32 * i);
            }
            out[to..to + 8].copy_from_slice(&word.to_le_bytes());
            let other = pairs.map(|pair| pair & MARKS ^ LEADS);
            // The upper bit of a code that is zero, and maybe of some behind it.
            let none = word.wrapping_sub(0x0001_0001_0001_0001) & !word & 0x8000_8000_8000_8000;
            if other[0] | other[1] | none != 0 {
                let threes = u128::from(other[0]) | (u128::from(other[1]) | 1 << 48) << 48;
                let count = (threes.trailing_zeros() / 24).min(none.trailing_zeros() / 16) as usize;
                return (at + 3 * count, to + 2 * count);
            }
            // By constants, so that the next four need not wait for these.
            (at, to) = (at + 12, to + 8);
        }
        (at, to)
    }

    /// The code that two characters have together.
    fn pair(&self, first: u32, second: u32) -> Option<u32> {
        if !self.seconds.contains(&second) {
            return None;
        }
        let wanted = [char::from_u32(first)?, char::from_u32(second)?];
        self.pairs.iter().find(|(pair, _)| *pair == wanted).map(|(_, code)| *code)
    }
}

/// The code points of the basic plane.
const BASIC: usize = 1 << 16;

/// What of six bytes tells that they are two characters of three, and what it is then.
const MARKS: u64 = 0xc0c0_f0c0_c0f0;
const LEADS: u64 = 0x8080_e080_80e0;

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
            let ascii = copy_ascii(&source[at..end], &mut out[to..]);
            (at, to) = (at + ascii, to + ascii);
            while at < end && source[at] >= 0x80 {
                if !PAIRS {
                    let (read, written) = encoding.put_threes(&source[at..end], &mut out[to..]);
                    (at, to) = (at + read, to + written);
                    if at == end || source[at] < 0x80 {
                        break;
                    }
                }
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

/// Copies the ASCII that `source` begins with, and gives its length.
#[inline(always)]
fn copy_ascii(source: &[u8], out: &mut [u8]) -> usize {
    let mut at = 0;
    while let Some(word) = source[at..].first_chunk::<8>() {
        out[at..at + 8].copy_from_slice(word);
        let high = u64::from_le_bytes(*word) & 0x8080_8080_8080_8080;
        if high != 0 {
            return at + high.trailing_zeros() as usize / 8;
        }
        at += 8;
        while let Some(step) = source[at..].first_chunk::<STEP>()
            && step.iter().fold(0, |ored, byte| ored | byte) < 0x80
        {
            out[at..at + STEP].copy_from_slice(step);
            at += STEP;
        }
    }
    while at < source.len() && source[at] < 0x80 {
        out[at] = source[at];
        at += 1;
    }
    at
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
    use std::array;

    use super::*;
    use crate::isa::Baseline;

    /// Each character that `has` is as many bytes as its number can be divided by 2, from one on.
    fn made_up(has: impl Fn(u32) -> bool, pairs: Vec<([char; 2], Vec<u8>)>) -> Encoding {
        let code = |point: u32| match point {
            0..0x80 => [point as u8, 0, 0, 0],
            _ if !has(point) => [0; 4],
            _ => {
                let bytes = [point & 0x7f | 0x80, point >> 7 & 0x7f | 1, point >> 14 | 0x40, 1];
                let len = 1 + point.trailing_zeros().min(3) as usize;
                array::from_fn(|i| if i < len { bytes[i] as u8 } else { 0 })
            }
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
            // 角 becomes two bytes, 日 one and 記 four.
            for character in ["é", "日", "😀", "é日😀a日", "角角角角角角", "角角日角角角角角角記角"]
            {
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
