//! XML of strangers, read into a small tree under limits. Called by `messages`; resolves no entity, loads nothing.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::NotEscl;

/// Longest XML answer in bytes.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// Deepest nesting.
const MAX_DEPTH: usize = 32;

/// One element: its name without prefix, its own text, its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Trimmed text of the first child of this name; empty without one.
    pub(super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map(|child| child.text.trim()).unwrap_or_default()
    }

    /// All elements of this name at any depth below, in document order.
    pub(super) fn descendants<'e>(&'e self, name: &str, found: &mut Vec<&'e Element>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.descendants(name, found);
        }
    }
}

/// Reads one document. Prefixes are dropped: devices disagree about them.
pub(super) fn read(bytes: &[u8]) -> Result<Element, NotEscl> {
    if bytes.len() > MAX_BYTES {
        return Err(NotEscl::TooLong);
    }
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim());
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event().map_err(|_| NotEscl::NotXml)?;
        let finished = match event {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(NotEscl::TooDeep);
                }
                open.push(element(&start));
                None
            }
            Event::Empty(start) => Some(element(&start)),
            Event::End(_) => Some(open.pop().ok_or(NotEscl::NotXml)?),
            Event::Text(text) => {
                append(&mut open, &text.into_inner());
                None
            }
            Event::CData(text) => {
                append(&mut open, &text.into_inner());
                None
            }
            Event::GeneralRef(reference) => {
                append(&mut open, &resolved(&reference)?);
                None
            }
            Event::DocType(_) => return Err(NotEscl::Doctype),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
            Event::Eof => break,
        };
        if let Some(finished) = finished {
            match open.last_mut() {
                Some(parent) => parent.children.push(finished),
                None if root.is_none() => root = Some(finished),
                None => return Err(NotEscl::NotXml),
            }
        }
    }
    if open.is_empty() { root.ok_or(NotEscl::NotXml) } else { Err(NotEscl::NotXml) }
}

fn element(start: &BytesStart<'_>) -> Element {
    let name: &str = start.local_name().into_inner();
    Element { name: name.to_owned(), ..Element::default() }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, NotEscl> {
    if let Some(c) = reference.resolve_char_ref().map_err(|_| NotEscl::NotXml)? {
        return Ok(c.to_string());
    }
    let text = match reference.clone().into_inner().as_ref() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(NotEscl::NotXml),
    };
    Ok(text.to_owned())
}

/// A text that can stand between tags.
pub(super) fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_devices_send() {
        let root =
            read(b"\xef\xbb\xbf<?xml version='1.0'?><a:R xmlns:a='u'><b>x &amp; &#x142;</b><c/><b>2</b></a:R>\n")
                .expect("tree");
        assert_eq!(root.name, "R");
        assert_eq!(root.text_of("b"), "x & ł");
        let mut all = Vec::new();
        root.descendants("b", &mut all);
        assert_eq!(all.len(), 2);
        assert_eq!(root.text_of("none"), "");
    }

    #[test]
    fn refuses_what_no_scanner_sends() {
        assert_eq!(read(b"<!DOCTYPE html><html></html>"), Err(NotEscl::Doctype));
        assert_eq!(read(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), Err(NotEscl::Doctype));
        assert_eq!(read(b"<a>&unknown;</a>"), Err(NotEscl::NotXml));
        assert_eq!(read(b"no xml at all"), Err(NotEscl::NotXml));
        assert_eq!(read(b"<a><b></a>"), Err(NotEscl::NotXml));
        assert_eq!(read(b"<a>"), Err(NotEscl::NotXml));
        assert_eq!(read(b"<a/><b/>"), Err(NotEscl::NotXml));
        assert_eq!(read(b""), Err(NotEscl::NotXml));
        assert_eq!(read("<a>".repeat(33).as_bytes()), Err(NotEscl::TooDeep));
        assert_eq!(read(&vec![b' '; MAX_BYTES + 1]), Err(NotEscl::TooLong));
    }
}
