//! timestamp and timestamptz: ISO style in text (EncodeDateTime), microseconds since 2000-01-01 in
//! BINARY. The zone's transitions are `zone`'s.

use std::marker::PhantomData;
use std::ops::Range;

use super::date::{Dates, EPOCH_DAYS, put_date};
use super::digits::ascii6;
use super::time::{
    self, Clocks, DAY_MICROS, TimeUnit, clock, day_and_time, hhmmss, put_time, put_word,
};
use crate::block::{BLOCK, Block};
use crate::error::Reason;
use crate::fault::Fault;
use crate::field::{Extent, FieldWriter, Form, head};
use crate::isa::{Isa, prefetch};
use crate::reader::exactly;
use crate::zone::Zone;

pub(crate) const ALPHABET: &[u8] = b"-+:. 0123456789BCinfty";

const EPOCH_MICROS: i64 = EPOCH_DAYS * DAY_MICROS;
/// MIN_TIMESTAMP and END_TIMESTAMP of timestamp.h, since 2000.
const MIN_TIMESTAMP: i64 = -211_813_488_000_000_000;
const END_TIMESTAMP: i64 = 9_223_371_331_200_000_000;
/// The first date of the table, and how long it goes on.
const FIRST_MICROS: i64 = Dates::FIRST * DAY_MICROS;
const MICROS: u64 = Dates::COUNT as u64 * DAY_MICROS as u64;
/// Room for a date, a time, an offset, an era, and what eight-byte stores overrun.
const TEXT: usize = 64;

/// PostgreSQL's own int64: microseconds since 2000, MAX and MIN for the infinities.
#[inline(always)]
pub(crate) fn timestamp<U: TimeUnit>(value: i64) -> Result<i64, Reason> {
    match value {
        i64::MAX => return Ok(i64::MAX),
        i64::MIN | -0x7fff_ffff_ffff_ffff => return Ok(i64::MIN),
        _ => {}
    }
    match U::micros(value, EPOCH_MICROS)? {
        Some(micros) if (MIN_TIMESTAMP..END_TIMESTAMP).contains(&micros) => Ok(micros),
        _ => Err(Reason::TimestampOutOfRange),
    }
}

/// What a timestamp's text shows of a zone.
pub(crate) trait Offset {
    /// Seconds east of UTC at an instant, in seconds since 1970.
    fn at(&self, seconds: i64) -> i32;
    /// Writes such an offset and returns its length.
    fn put(&self, offset: i32, cell: &mut [u8]) -> usize;
}

/// timestamp: no zone.
pub(crate) struct Without;
/// timestamptz under TimeZone = UTC.
pub(crate) struct Utc;

impl Offset for Without {
    #[inline(always)]
    fn at(&self, _: i64) -> i32 {
        0
    }
    #[inline(always)]
    fn put(&self, _: i32, _: &mut [u8]) -> usize {
        0
    }
}

impl Offset for Utc {
    #[inline(always)]
    fn at(&self, _: i64) -> i32 {
        0
    }
    #[inline(always)]
    fn put(&self, _: i32, cell: &mut [u8]) -> usize {
        cell[..3].copy_from_slice(b"+00");
        3
    }
}

impl Offset for &Zone {
    #[inline(always)]
    fn at(&self, seconds: i64) -> i32 {
        self.offset(seconds)
    }
    /// EncodeTimezone.
    #[inline(always)]
    fn put(&self, offset: i32, cell: &mut [u8]) -> usize {
        let seconds = offset.unsigned_abs();
        cell[0] = if offset < 0 { b'-' } else { b'+' };
        // A POSIX rule reaches a week.
        if seconds >= HUNDRED_HOURS {
            cell[1] = b'1';
            return 2 + put_offset(seconds - HUNDRED_HOURS, &mut cell[2..]);
        }
        1 + put_offset(seconds, &mut cell[1..])
    }
}

const HUNDRED_HOURS: u32 = 360_000;

/// Writes HH, then :MM and :SS where they are not zero, of less than 100 hours.
#[inline(always)]
pub(super) fn put_offset(seconds: u32, cell: &mut [u8]) -> usize {
    if seconds.is_multiple_of(3600) {
        let hours = (seconds / 3600) as u8;
        cell[..2].copy_from_slice(&[b'0' + hours / 10, b'0' + hours % 10]);
        return 2;
    }
    cell[..8].copy_from_slice(&clock(ascii6(hhmmss(seconds))).to_le_bytes());
    if seconds.is_multiple_of(60) { 5 } else { 8 }
}

/// Text cells of timestamp and timestamptz.
pub(crate) struct Timestamps<'a, U, Z> {
    pub values: &'a [i64],
    pub unit: PhantomData<U>,
    pub zone: Z,
    pub dates: &'static Dates,
    pub separator: u8,
}
/// Their binary form: the same int64 for both.
pub(crate) struct TimestampBinary<U>(pub PhantomData<U>);

impl<U: TimeUnit, Z: Offset, I: Isa> FieldWriter<I> for Timestamps<'_, U, Z> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(TEXT, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        let values = &self.values[rows];
        // Local microseconds since the first date of the table; what is not a timestamp is far.
        let (mut locals, mut offsets) = ([0; BLOCK], [0; BLOCK]);
        let mut furthest = 0_u64;
        for (i, value) in values.iter().enumerate().take(BLOCK) {
            let instant = U::since(*value, FIRST_MICROS);
            let offset = self.zone.at(instant.wrapping_add(FIRST_MICROS).div_euclid(1_000_000));
            let local = instant.wrapping_add(i64::from(offset) * 1_000_000) as u64;
            (locals[i], offsets[i]) = (local, offset);
            furthest = furthest.max(local);
        }
        if furthest < MICROS {
            self.write_near(&locals, &offsets, block);
        } else {
            self.write_far(values, block);
        }
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        self.put_instant(self.values[row], head(cell))
    }
}

impl<U: TimeUnit, Z: Offset> Timestamps<'_, U, Z> {
    #[inline(always)]
    fn write_near<I: Isa>(
        &self,
        locals: &[u64; BLOCK],
        offsets: &[i32; BLOCK],
        block: &mut Block<'_, I>,
    ) {
        let (mut days, mut times) = ([0; BLOCK], [0; BLOCK]);
        for ((day, time), local) in days.iter_mut().zip(&mut times).zip(locals) {
            (*day, *time) = day_and_time(*local);
        }
        let clocks = Clocks::new(block.isa, &times);
        let dates = self.dates.bytes();
        block.each(0..BLOCK, |i, cell: &mut [u8; TEXT]| {
            let date = &dates[10 * days[i] as usize..];
            cell[..16].copy_from_slice(&date[..16]);
            cell[10] = b' ';
            let mut len = 11 + clocks.put(i, cell[11..].first_chunk_mut().expect("64 - 11"));
            len += self.zone.put(offsets[i], &mut cell[len..]);
            cell[len] = self.separator;
            Ok(len + 1)
        });
    }

    #[inline(always)]
    fn local(&self, instant: i64) -> (i64, i32) {
        let offset = self.zone.at(instant.div_euclid(1_000_000) + EPOCH_DAYS * 86_400);
        (instant.saturating_add(i64::from(offset) * 1_000_000), offset)
    }

    #[cold]
    fn write_far<I: Isa>(&self, values: &[i64], block: &mut Block<'_, I>) {
        block.each(values.iter(), |value, cell| self.put_instant(*value, cell));
    }

    #[inline(always)]
    fn put_instant(&self, value: i64, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        let len = match timestamp::<U>(value)? {
            i64::MAX => put_word(b"infinity", cell),
            i64::MIN => put_word(b"-infinity", cell),
            instant => {
                let (local, offset) = self.local(instant);
                self.put_far_instant(local, offset, cell)
            }
        };
        cell[len] = self.separator;
        Ok(len + 1)
    }

    fn put_far_instant(&self, local: i64, offset: i32, cell: &mut [u8]) -> usize {
        let days = local.div_euclid(DAY_MICROS) + EPOCH_DAYS;
        let (mut len, before_christ) = put_date(days, cell);
        cell[len] = b' ';
        let mut time = [0; 16];
        let time_len = put_time(local.rem_euclid(DAY_MICROS) as u64, &mut time);
        cell[len + 1..][..time_len].copy_from_slice(&time[..time_len]);
        len += 1 + time_len;
        len += self.zone.put(offset, &mut cell[len..]);
        if before_christ {
            len += put_word(b" BC", &mut cell[len..]);
        }
        len
    }
}

impl<U: TimeUnit> Form<i64, 8> for TimestampBinary<U> {
    #[inline(always)]
    fn put(&self, value: i64, cell: &mut [u8; 8]) -> Result<usize, Reason> {
        *cell = timestamp::<U>(value)?.to_be_bytes();
        Ok(8)
    }
}

/// A timestamp of a unit out of BINARY (timestamp_recv, timestamptz_recv).
#[inline(always)]
pub(crate) fn receive(bytes: &[u8], unit: arrow_schema::TimeUnit) -> Result<i64, Fault> {
    let micros = match i64::from_be_bytes(exactly(bytes)?) {
        infinite @ (i64::MAX | i64::MIN) => return Ok(infinite),
        micros if (MIN_TIMESTAMP..END_TIMESTAMP).contains(&micros) => micros,
        _ => return Err(Reason::TimestampOutOfRange.into()),
    };
    use arrow_schema::TimeUnit as Arrow;
    let since_1970 = match unit {
        // The last ones are too far from 1970 for microseconds.
        Arrow::Second | Arrow::Millisecond => time::in_unit(micros, unit)
            .and_then(|value| Ok(value + time::in_unit(EPOCH_MICROS, unit)?)),
        Arrow::Microsecond | Arrow::Nanosecond => time::in_unit(
            micros.checked_add(EPOCH_MICROS).ok_or_else(|| time::no_place(micros))?,
            unit,
        ),
    };
    match since_1970 {
        // What Arrow has for infinity is no instant.
        Ok(value) if value.unsigned_abs() < i64::MAX as u64 => Ok(value),
        _ => Err(time::no_place(micros)),
    }
}
