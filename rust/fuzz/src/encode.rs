//! The program that libFuzzer drives; what it checks is the library's.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // With HOLOFAST_DESCRIBE, for one input that is looked at.
    if std::env::var_os("HOLOFAST_DESCRIBE").is_some() {
        eprintln!("{}", holofast_fuzz::describe(bytes));
    }
    holofast_fuzz::check(bytes);
});
