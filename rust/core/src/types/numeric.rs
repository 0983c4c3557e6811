//! numeric of any size, from its decimal digits: decimal256, and PostgreSQL's own text of one, with
//! a scale of its own or a word for it. Columns of 64 or 128 bits are `decimal`'s; out of BINARY it is
//! `received`'s.

pub(crate) mod received;

/// Digits in ASCII, of which the last `scale` stand behind the point.
pub(crate) struct Digits<'a> {
    pub negative: bool,
    /// Without zeros at the start, but for a zero itself.
    pub digits: &'a [u8],
    /// Below zero for so many zeros more, which no one shows.
    pub scale: i32,
}

impl Digits<'_> {
    fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == b'0')
    }

    /// Appends the text (numeric_out): one digit at least before the point, all decimals behind it.
    pub fn put_text(&self, out: &mut Vec<u8>) {
        if self.negative && !self.is_zero() {
            out.push(b'-');
        }
        let decimals = usize::try_from(self.scale).unwrap_or(0);
        let missing = (decimals + 1).saturating_sub(self.digits.len());
        let whole = self.digits.len() + missing - decimals;
        let (high, low) = self.digits.split_at(whole.saturating_sub(missing));
        // Of missing digits, one stands before the point.
        if missing > 0 {
            out.push(b'0');
        }
        out.extend_from_slice(high);
        if decimals > 0 {
            out.push(b'.');
            out.extend(std::iter::repeat_n(b'0', missing.saturating_sub(1)));
            out.extend_from_slice(low);
        }
        if self.scale < 0 && !self.is_zero() {
            out.extend(std::iter::repeat_n(b'0', self.scale.unsigned_abs() as usize));
        }
    }

    /// Appends the binary form (numeric_send): base-10000 digits, aligned at the point.
    pub fn put_binary(&self, out: &mut Vec<u8>) {
        let fill = (-self.scale).rem_euclid(4) as usize;
        let len = self.digits.len() + fill;
        let after_point = (self.scale + fill as i32) / 4;
        // The first group may have fewer decimal digits than four.
        let lead = (4 - len % 4) % 4;
        let digit = |at: usize| match at.checked_sub(lead) {
            Some(at) => self.digits.get(at).map_or(0, |digit| u16::from(digit - b'0')),
            None => 0,
        };
        let groups: Vec<u16> = (0..(len + lead) / 4)
            .map(|group| (0..4).fold(0, |sum, i| 10 * sum + digit(4 * group + i)))
            .collect();
        let weight = groups.len() as i32 - 1 - after_point;
        let zeros = groups.iter().take_while(|group| **group == 0).count();
        let end = groups.iter().rposition(|group| *group != 0).map_or(zeros, |last| last + 1);
        let groups = &groups[zeros..end];
        let weight = if groups.is_empty() { 0 } else { weight - zeros as i32 };
        let sign = if self.negative && !groups.is_empty() { 0x4000 } else { 0 };
        put_head(groups.len() as u16, weight as i16, sign, self.scale.max(0) as u16, out);
        out.extend(groups.iter().flat_map(|group| group.to_be_bytes()));
    }
}

fn put_head(digits: u16, weight: i16, sign: u16, scale: u16, out: &mut Vec<u8>) {
    for word in [digits, weight as u16, sign, scale] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// Appends the binary form of PostgreSQL's own text of a numeric.
pub(crate) fn parse(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match text {
        b"NaN" => put_head(0, 0, 0xc000, 0, out),
        b"Infinity" => put_head(0, 0, 0xd000, 0x20, out),
        b"-Infinity" => put_head(0, 0, 0xf000, 0x20, out),
        _ => {
            let (negative, rest) = match text.strip_prefix(b"-") {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            let point = rest.iter().position(|byte| *byte == b'.');
            let decimals = point.map_or(0, |point| rest.len() - point - 1);
            let digits: Vec<u8> = rest.iter().copied().filter(|byte| *byte != b'.').collect();
            let whole = digits.len() - decimals;
            if digits.len() + usize::from(point.is_some()) != rest.len()
                || !digits.iter().all(u8::is_ascii_digit)
                || whole == 0
                || point.is_some() && decimals == 0
                || whole > MOST_WHOLE
                || decimals > MOST_DECIMALS
            {
                return None;
            }
            let scale = decimals as i32;
            Digits { negative, digits: &digits, scale }.put_binary(out);
        }
    }
    Some(())
}

/// Digits before and behind the point that a numeric can have (numeric.c).
pub(crate) const MOST_WHOLE: usize = 131_072;
pub(crate) const MOST_DECIMALS: usize = 16_383;
