//! CRC-64/XZ, which OSS calls CRC64-ECMA: of a buffer, and of two buffers' concatenation.

use crc_fast::{CrcAlgorithm, checksum};

/// ECMA-182's polynomial, reflected: bit 63 is x^0.
const POLYNOMIAL: u64 = 0xC96C_5795_D787_0F42;

/// The CRC of `bytes`; 0x995dc9bbdf1939fa for `123456789`.
pub fn crc64(bytes: &[u8]) -> u64 {
    checksum(CrcAlgorithm::Crc64Xz, bytes)
}

/// The CRC of two buffers one after the other, from theirs and the second one's length in bytes.
///
/// crc_fast squares 64 by 64 matrices for it, 30 times as slow: a part's would cost as much as its
/// CRC. As zlib does it since 1.2.12, the first CRC is multiplied by x^(8 n) instead.
pub fn crc64_combine(first: u64, second: u64, second_len: u64) -> u64 {
    let (mut shift, mut step, mut bytes) = (1 << 63, 1 << 55, second_len); // x^0, x^8
    while bytes > 0 {
        if bytes & 1 == 1 {
            shift = times(shift, step);
        }
        step = times(step, step);
        bytes >>= 1;
    }
    times(shift, first) ^ second
}

/// The product of two polynomials over GF(2), modulo the CRC's.
fn times(left: u64, mut right: u64) -> u64 {
    let mut product = 0;
    for bit in (0..64).rev() {
        product ^= right & (left >> bit & 1).wrapping_neg();
        right = right >> 1 ^ (POLYNOMIAL & (right & 1).wrapping_neg());
    }
    product
}
