//! A fixed number of cases, the same ones every time: what `cargo test` has of the fuzzer.

use holofast_fuzz::check;

const CASES: u64 = 300;

/// Bytes that look random, by splitmix64.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
    let mut word = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    let len = 8 + word() % 100;
    (0..len).flat_map(|_| word().to_le_bytes()).collect()
}

#[test]
fn what_must_hold_of_every_case_holds_of_these() {
    let encoded = (0..CASES).filter(|seed| {
        // Told of by a test that fails.
        println!("seed {seed}");
        check(&bytes(*seed))
    });
    assert!(encoded.count() as u64 > CASES / 2, "most cases have no rule");
}

#[test]
fn a_case_without_choices_holds_too() {
    assert!(check(b""));
}
