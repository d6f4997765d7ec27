//! A stack of paper on its way to its letters, and everything that may go wrong with it. Real desk, real sockets.

mod scanning {
    pub(crate) mod kill;
    pub(crate) mod letters;
    pub(crate) mod office;
    pub(crate) mod order;
    pub(crate) mod troubles;
}
