//! Central's side of a hello: whether the desk is the one it says it is, and where its log ends here.

use domain::register::PointSymbol;

use crate::v1::{Hello, Refusal, Standing, Tip};

/// A desk as central knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDesk {
    /// Pinned public key.
    pub public_key: [u8; 32],
    /// The symbols that are or were its own.
    pub symbols: Vec<PointSymbol>,
    /// Whether what it sends counts.
    pub standing: Standing,
    /// Where the operations that count end.
    pub last: Tip,
    /// A letter of its log may bear one of them: an entry of the audit bears none.
    pub numbered: bool,
}

/// What is done with the desk's symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// It is or was the desk's own.
    Keep,
    /// The desk asks for it at first contact, or asks for another while nothing bears the old one yet: it is granted
    /// unless somebody else has or had it.
    Grant,
}

/// Judges a hello whose signature holds. `known` is the desk as pinned, at first contact by this very hello.
///
/// # Errors
/// [`Refusal::DeviceKeyDiffers`], [`Refusal::SymbolDiffers`].
pub fn judge(hello: &Hello, known: &KnownDesk) -> Result<Symbol, Refusal> {
    if known.public_key != hello.public_key {
        return Err(Refusal::DeviceKeyDiffers);
    }
    if known.symbols.contains(&hello.symbol) {
        Ok(Symbol::Keep)
    } else if known.numbered {
        Err(Refusal::SymbolDiffers)
    } else {
        Ok(Symbol::Grant)
    }
}

/// Where the desk is told that its log ends. `held`: the desk's own end is an operation of the hold, so that each branch
/// of a fork sees its own.
pub fn end_of_log(desk: Tip, counted: Tip, held: bool) -> Tip {
    if held { desk } else { counted }
}

/// What the desk's end tells of the desk, for central's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nothing worth a line: it may have more, or as much.
    Fits,
    /// It lacks operations that it sent before.
    Behind,
    /// It has another operation under the last number.
    Differs,
}

/// Compares the desk's end with the end of what counts.
pub fn trace(desk: Tip, counted: Tip) -> Trace {
    if desk.seq < counted.seq {
        Trace::Behind
    } else if desk.seq == counted.seq && desk.hash != counted.hash {
        Trace::Differs
    } else {
        Trace::Fits
    }
}
