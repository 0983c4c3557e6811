//! Zone: a time zone's UTC offsets, looked up by instant. Python reads the files they come from.

/// A time zone: UTC offsets and the instants at which they change.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    /// Seconds since 1970, ascending.
    pub transitions: Vec<i64>,
    /// Seconds east of UTC; one more than there are transitions.
    pub offsets: Vec<i32>,
    /// From this instant on, the 400 years that follow it repeat.
    pub cycle_start: Option<i64>,
}

impl Zone {
    const CYCLE: i64 = 146_097 * 86_400;

    /// Seconds east of UTC at an instant, in seconds since 1970.
    pub fn offset(&self, mut seconds: i64) -> i32 {
        if let Some(start) = self.cycle_start.filter(|start| seconds >= *start) {
            seconds = start + (seconds - start) % Self::CYCLE;
        }
        let index = self.transitions.partition_point(|at| *at <= seconds);
        self.offsets.get(index).copied().unwrap_or(0)
    }
}
