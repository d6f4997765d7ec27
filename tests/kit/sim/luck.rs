//! The chances of a world: [`Chance`] in the forms that the models need.

use crate::chance::Chance;

/// Chances from a seed: the same seed gives the same world, on every machine and for ever.
#[derive(Clone, Debug)]
pub(super) struct Luck(Chance);

impl Luck {
    pub(super) fn new(seed: u64) -> Self {
        Self(Chance::of(seed))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0.draw()
    }

    /// A number below `n`, which is not 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0.draw() % n
    }

    /// A place in a list of `length`, which is not 0.
    pub(super) fn place(&mut self, length: usize) -> usize {
        self.0.below(length)
    }

    /// True so many times of a hundred.
    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.0.percent(percent)
    }

    pub(super) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_be_bytes());
        }
        bytes
    }

    pub(super) fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::from_u64_pair(self.next(), self.next())
    }
}
