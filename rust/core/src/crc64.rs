//! CRC-64/XZ, which OSS calls CRC64-ECMA: of a buffer, and of two buffers' concatenation.

use crc_fast::{CrcAlgorithm, checksum, checksum_combine};

/// The CRC of `bytes`; 0x995dc9bbdf1939fa for `123456789`.
pub fn crc64(bytes: &[u8]) -> u64 {
    checksum(CrcAlgorithm::Crc64Xz, bytes)
}

/// The CRC of two buffers one after the other, from theirs and the second one's length in bytes.
pub fn crc64_combine(first: u64, second: u64, second_len: u64) -> u64 {
    checksum_combine(CrcAlgorithm::Crc64Xz, first, second, second_len)
}
