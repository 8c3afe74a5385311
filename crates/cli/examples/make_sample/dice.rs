//! Dice with a fixed seed, and numbers that nobody has.

/// SplitMix64: small, and the same on every machine.
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True in so many of a hundred throws.
    pub fn chance(&mut self, per_cent: u64) -> bool {
        self.below(100) < per_cent
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap_or(0);
        &of[at]
    }
}

/// Hands out each fictional number once, with the last two digits going round.
pub struct Numbers {
    taken: u64,
}

impl Numbers {
    pub const fn new() -> Self {
        Self { taken: 0 }
    }

    /// `372-551-0142`: area codes 37x and 96x are assigned to nobody, exchanges are 55x. Every tenth is of the
    /// classic kind, 555-01xx of an assigned area code.
    pub fn take(&mut self) -> String {
        const CLASSIC: [u64; 12] = [206, 303, 312, 404, 503, 602, 617, 702, 713, 804, 907, 919];
        let at = self.taken;
        self.taken += 1;
        // 37 and 100 have no common factor: a hundred numbers in a row show every ending once.
        let ending = at * 37 % 100;
        let (round, tenth) = (at / 100, at.is_multiple_of(10));
        if let Some(area) = usize::try_from(round).ok().and_then(|round| CLASSIC.get(round)).filter(|_| tenth) {
            return format!("{area}-555-01{ending:02}");
        }
        let area = if round.is_multiple_of(2) { 370 } else { 960 } + round / 2 % 10;
        let exchange = 550 + round / 20 % 10;
        format!("{area}-{exchange}-{:02}{ending:02}", 20 + round % 70)
    }
}
