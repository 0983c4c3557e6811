//! Zone: a time zone's UTC offsets, looked up by instant. Python reads the files they come from.

/// A time zone: UTC offsets and the instants at which they change.
#[derive(Debug, Clone)]
pub struct Zone {
    transitions: Vec<i64>,
    offsets: Vec<i32>,
    cycle_start: Option<i64>,
    /// What the zone is called, beside each offset.
    abbreviations: Vec<String>,
    /// The offsets from 1970 to 2038, in periods of `PERIOD` seconds.
    periods: Vec<Period>,
}

/// A time with at most one change of the offset.
#[derive(Debug, Clone, Copy)]
struct Period {
    /// When it changes; MIN if there are more changes than one.
    change: i64,
    before: i32,
    after: i32,
}

/// 24 days: zones change their offsets more rarely, with few exceptions.
const PERIOD: i64 = 1 << 21;
const PERIODS: i64 = 1 << 10;

impl Zone {
    const CYCLE: i64 = 146_097 * 86_400;
    /// MAXTZLEN of datetime.h, in bytes.
    const MOST_LETTERS: usize = 10;

    /// A zone whose offset changes at `transitions`, seconds since 1970, ascending. `offsets` are
    /// seconds east of UTC, one more than there are transitions. From `cycle_start` on, the 400
    /// years that follow it repeat.
    #[must_use]
    pub fn new(transitions: Vec<i64>, offsets: Vec<i32>, cycle_start: Option<i64>) -> Self {
        let (abbreviations, periods) = (Vec::new(), Vec::new());
        let mut this = Self { transitions, offsets, cycle_start, abbreviations, periods };
        this.periods = (0..PERIODS).map(|i| this.period(i * PERIOD)).collect();
        this
    }

    /// The same zone with what it is called beside each of the offsets.
    #[must_use]
    pub fn with_abbreviations(self, abbreviations: Vec<String>) -> Self {
        Self { abbreviations, ..self }
    }

    /// Seconds east of UTC at an instant, in seconds since 1970, and what is shown of their name.
    pub fn named_offset(&self, seconds: i64) -> (i32, &[u8]) {
        let index = self.index(seconds);
        let name = self.abbreviations.get(index).map_or("", String::as_str).as_bytes();
        let offset = self.offsets.get(index).copied().unwrap_or(0);
        (offset, &name[..name.len().min(Self::MOST_LETTERS)])
    }

    /// Every byte that a name can have.
    pub fn letters(&self) -> Vec<u8> {
        self.abbreviations.concat().into_bytes()
    }

    fn period(&self, start: i64) -> Period {
        let end = start + PERIOD - 1;
        let (first, last) = (self.index(start), self.index(end));
        let change = match last.checked_sub(first) {
            Some(0) => i64::MAX,
            Some(1) => self.transitions[first] + (start - self.in_cycle(start)),
            // More than one, or a cycle's end among them.
            _ => i64::MIN,
        };
        Period { change, before: self.search(start), after: self.search(end) }
    }

    /// Seconds east of UTC at an instant, in seconds since 1970.
    #[inline(always)]
    pub fn offset(&self, seconds: i64) -> i32 {
        // Before 1970 the index is negative, and so far beyond the last one.
        match self.periods.get(seconds.div_euclid(PERIOD) as usize) {
            Some(period) if period.change != i64::MIN => {
                if seconds < period.change {
                    period.before
                } else {
                    period.after
                }
            }
            _ => self.search(seconds),
        }
    }

    fn search(&self, seconds: i64) -> i32 {
        self.offsets.get(self.index(seconds)).copied().unwrap_or(0)
    }

    /// The place of an instant's offset.
    fn index(&self, seconds: i64) -> usize {
        let seconds = self.in_cycle(seconds);
        self.transitions.partition_point(|at| *at <= seconds)
    }

    /// The instant of the 400 years from `cycle_start` on that has the same offset.
    fn in_cycle(&self, seconds: i64) -> i64 {
        match self.cycle_start {
            Some(start) if seconds >= start => start + (seconds - start) % Self::CYCLE,
            _ => seconds,
        }
    }
}
