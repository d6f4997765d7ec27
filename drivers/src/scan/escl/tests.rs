//! The client against a scripted device: raw bytes over a real socket, faults included.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::scan::{ColorMode, Doubt};

/// What the scripted device answers to one request.
#[derive(Clone)]
enum Reply {
    /// Whole answer, connection closed after it.
    Say(Vec<u8>),
    /// These bytes, then silence with the connection open.
    Hang(Vec<u8>),
}

fn http(status: u16, headers: &str, body: &[u8]) -> Reply {
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    Reply::Say([head.as_bytes(), body].concat())
}

fn raw(head: &str, body: &[u8]) -> Vec<u8> {
    [head.as_bytes(), body].concat()
}

/// A device that answers each place from its own queue; the last answer of a queue stays.
#[derive(Clone, Default)]
struct Device {
    replies: Arc<Mutex<HashMap<&'static str, VecDeque<Reply>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Device {
    fn when(self, place: &'static str, reply: Reply) -> Self {
        self.replies.lock().expect("replies").entry(place).or_default().push_back(reply);
        self
    }

    fn asked(&self, what: &str) -> usize {
        self.asked.lock().expect("asked").iter().filter(|line| line.contains(what)).count()
    }

    async fn start(&self) -> EsclScanner {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = format!("127.0.0.1:{}", listener.local_addr().expect("address").port());
        let device = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(device.clone().answer(stream));
            }
        });
        let short = Duration::from_millis(300);
        let timeouts = Timeouts {
            connect: short,
            question: short,
            first_byte: short,
            gap: short,
            not_yet: short,
            pause: Duration::from_millis(10),
        };
        EsclScanner::with_timeouts(ScannerAddress::read(&address).expect("address"), timeouts).expect("client")
    }

    async fn answer(self, mut stream: TcpStream) {
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let n = stream.read(&mut buffer).await.unwrap_or_default();
            request.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let length = text
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").and_then(|n| n.parse().ok()))
                .unwrap_or(0);
            let head_end = text.find("\r\n\r\n").map(|at| at + 4);
            if n == 0 || head_end.is_some_and(|head_end| request.len() >= head_end + length) {
                break;
            }
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let line = text.lines().next().unwrap_or_default().to_owned();
        self.asked.lock().expect("asked").push(line.clone());
        let reply = {
            let mut replies = self.replies.lock().expect("replies");
            let place = replies.keys().copied().filter(|place| line.contains(place)).max_by_key(|place| place.len());
            place
                .and_then(|place| replies.get_mut(place))
                .and_then(|queue| if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() })
        };
        match reply.unwrap_or_else(|| http(500, "", b"")) {
            Reply::Say(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            Reply::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
        }
    }
}

const CAPABILITIES: &[u8] = b"<c:ScannerCapabilities xmlns:c='c'><Version>2.6</Version>\
<MakeAndModel>Example MFP</MakeAndModel><Adf><AdfSimplexInputCaps><MaxWidth>2550</MaxWidth>\
</AdfSimplexInputCaps></Adf></c:ScannerCapabilities>";

fn status(feeder: &str, job: &str, images: u32) -> Reply {
    let body = format!(
        "<ScannerStatus><State>Idle</State><AdfState>{feeder}</AdfState><Jobs><JobInfo><JobUri>/eSCL/ScanJobs/7</JobUri>\
         <JobState>{job}</JobState><ImagesCompleted>{images}</ImagesCompleted></JobInfo></Jobs></ScannerStatus>"
    );
    http(200, "", body.as_bytes())
}

/// A device that takes a job; `next` and `ends` are added by the test.
fn ready() -> Device {
    Device::default()
        .when("ScannerCapabilities", http(200, "", CAPABILITIES))
        .when("ScannerStatus", status("ScannerAdfLoaded", "Pending", 0))
        .when("POST /eSCL/ScanJobs", http(201, "Location: http://other.host/eSCL/ScanJobs/7\r\n", b""))
        .when("DELETE", http(200, "", b""))
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels: Vec<u8> = (0..=250).cycle().take(usize::from(width) * usize::from(height)).collect();
    image::codecs::jpeg::JpegEncoder::new(&mut bytes)
        .encode(&pixels, width.into(), height.into(), image::ExtendedColorType::L8)
        .expect("encoded");
    bytes
}

fn page() -> Reply {
    http(200, "Content-Type: image/jpeg\r\n", &jpeg(40, 60))
}

async fn stack(device: &Device) -> (Vec<Page>, Result<Completion, ScanError>) {
    let scanner = device.start().await;
    let mut job = match scanner.scan(ScanSettings::default()).await {
        Ok(job) => job,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut pages = Vec::new();
    loop {
        match job.next_page().await {
            Ok(NextPage::Page(page)) => {
                pages.push(page);
                job.page_stored();
            }
            Ok(NextPage::End(completion)) => return (pages, Ok(completion)),
            Err(error) => return (pages, Err(error)),
        }
    }
}

#[tokio::test]
async fn two_pages_and_a_true_end() {
    let device = ready()
        .when("NextDocument", page())
        .when("NextDocument", page())
        .when("NextDocument", http(404, "", b""))
        .when("ScannerStatus", status("ScannerAdfEmpty", "Completed", 2));
    let (pages, end) = stack(&device).await;
    assert!(matches!(end, Ok(Completion::Complete)), "{end:?}");
    assert_eq!(pages.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((pages[0].width, pages[0].height, pages[0].content_type.as_str()), (40, 60, "image/jpeg"));
    assert_eq!(&pages[0].bytes[..], &jpeg(40, 60)[..]);
    assert_eq!(device.asked("DELETE"), 0);
}

#[tokio::test]
async fn no_page_is_asked_for_before_the_last_is_stored() {
    let device = ready().when("NextDocument", page());
    let scanner = device.start().await;
    let mut job = scanner.scan(ScanSettings::default()).await.expect("job");
    assert!(matches!(job.next_page().await, Ok(NextPage::Page(_))));
    assert!(matches!(job.next_page().await, Err(ScanError::NotStored(1))));
    assert_eq!(device.asked("NextDocument"), 1);
    job.page_stored();
    assert!(matches!(job.next_page().await, Ok(NextPage::Page(Page { number: 2, .. }))));
    job.cancel().await;
    assert_eq!(device.asked("DELETE /eSCL/ScanJobs/7"), 1);
    assert!(matches!(job.next_page().await, Err(ScanError::Over)));
}

#[tokio::test]
async fn an_empty_or_jammed_feeder_is_told_before_the_start() {
    let with = |word: &str| {
        Device::default()
            .when("ScannerCapabilities", http(200, "", CAPABILITIES))
            .when("ScannerStatus", status(word, "Completed", 0))
    };
    let device = with("ScannerAdfEmpty");
    assert!(matches!(stack(&device).await.1, Err(ScanError::FeederEmpty)));
    assert_eq!(device.asked("POST"), 0);
    assert!(matches!(stack(&with("ScannerAdfJam")).await.1, Err(ScanError::FeederJam)));
    let open = stack(&with("ScannerAdfHatchOpen")).await.1;
    assert!(matches!(open, Err(ScanError::FeederFault(word)) if word == "ScannerAdfHatchOpen"));
}

#[tokio::test]
async fn a_feeder_found_empty_by_the_job_itself() {
    let device =
        ready().when("NextDocument", http(404, "", b"")).when("ScannerStatus", status("ScannerAdfEmpty", "Aborted", 0));
    assert!(matches!(stack(&device).await.1, Err(ScanError::FeederEmpty)));
}

#[tokio::test]
async fn a_jam_after_the_first_page() {
    let device = ready()
        .when("NextDocument", page())
        .when("NextDocument", http(409, "", b""))
        .when("ScannerStatus", status("ScannerAdfJam", "Aborted", 1));
    let (pages, end) = stack(&device).await;
    assert_eq!(pages.len(), 1);
    assert!(matches!(end, Ok(Completion::Jam)), "{end:?}");
    assert_eq!(device.asked("DELETE"), 1);
}

#[tokio::test]
async fn a_page_without_bytes_then_404_with_a_count_that_fits() {
    let device = ready()
        .when("NextDocument", page())
        .when("NextDocument", http(200, "Content-Type: image/jpeg\r\n", b""))
        .when("NextDocument", http(404, "", b""))
        .when("ScannerStatus", status("ScannerAdfEmpty", "Completed", 1));
    let (pages, end) = stack(&device).await;
    assert_eq!(pages.len(), 1);
    assert!(matches!(end, Ok(Completion::Uncertain { why: Doubt::EmptyPage })), "{end:?}");
}

#[tokio::test]
async fn a_short_stack_never_passes_as_whole() {
    let device = ready()
        .when("NextDocument", page())
        .when("NextDocument", http(404, "", b""))
        .when("ScannerStatus", status("ScannerAdfEmpty", "Completed", 2));
    let why = Doubt::CountsDiffer { device: 2, stored: 1 };
    assert!(matches!(stack(&device).await.1, Ok(Completion::Uncertain { why: told }) if told == why));
}

#[tokio::test]
async fn pages_cut_in_the_middle_are_broken() {
    let whole = jpeg(40, 60);
    let half = &whole[..whole.len() / 2];
    let length = format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", whole.len());
    let open = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let one_chunk = raw(&format!("{chunked}{:x}\r\n", whole.len()), &raw("", &[&whole[..], b"\r\n"].concat()));
    let cases = [
        ("shorter than its length", Reply::Say(raw(&length, half)), Broken::Cut),
        ("no length, cut", Reply::Say(raw(open, half)), Broken::NoEnd),
        ("no last chunk", Reply::Say(one_chunk), Broken::Cut),
        ("silence inside", Reply::Hang(raw(&length, half)), Broken::Silent),
        ("whole answer, half a picture", http(200, "Content-Type: image/jpeg\r\n", half), Broken::NoEnd),
        ("a PDF", http(200, "Content-Type: application/pdf\r\n", b"%PDF-1.7"), Broken::NotJpeg),
        ("a giant", http(200, "", &giant()), Broken::TooManyPixels),
    ];
    for (name, reply, expected) in cases {
        let device = ready().when("NextDocument", page()).when("NextDocument", reply);
        let (pages, end) = stack(&device).await;
        assert_eq!(pages.len(), 1, "{name}");
        assert!(matches!(end, Err(ScanError::BrokenPage { number: 2, why }) if why == expected), "{name}: {end:?}");
        assert_eq!(device.asked("DELETE"), 1, "{name}");
    }
}

/// A small JPEG whose header claims 60 000 x 60 000 pixels.
fn giant() -> Vec<u8> {
    let mut bytes = jpeg(8, 8);
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("frame");
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    bytes
}

#[tokio::test]
async fn a_body_without_length_but_whole_is_a_page() {
    let open = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close\r\n\r\n";
    let device = ready()
        .when("NextDocument", Reply::Say(raw(open, &jpeg(40, 60))))
        .when("NextDocument", http(404, "", b""))
        .when("ScannerStatus", status("ScannerAdfEmpty", "Completed", 1));
    let (pages, end) = stack(&device).await;
    assert_eq!(pages.len(), 1);
    assert!(matches!(end, Ok(Completion::Complete)));
}

#[tokio::test]
async fn not_yet_is_asked_again_while_the_job_lives() {
    let device = ready()
        .when("NextDocument", http(503, "", b""))
        .when("NextDocument", http(404, "", b""))
        .when("NextDocument", page())
        .when("NextDocument", http(404, "", b""))
        .when("ScannerStatus", status("ScannerAdfProcessing", "Processing", 0))
        .when("ScannerStatus", status("ScannerAdfProcessing", "Processing", 0))
        .when("ScannerStatus", status("ScannerAdfEmpty", "Completed", 1));
    let (pages, end) = stack(&device).await;
    assert_eq!(pages.len(), 1);
    assert!(matches!(end, Ok(Completion::Complete)), "{end:?}");
}

#[tokio::test]
async fn not_yet_for_ever_is_no_end() {
    let device = ready()
        .when("NextDocument", http(503, "", b""))
        .when("ScannerStatus", status("ScannerAdfProcessing", "Processing", 0));
    let end = stack(&device).await.1;
    assert!(matches!(end, Ok(Completion::Uncertain { why: Doubt::StillBusy })), "{end:?}");
}

#[tokio::test]
async fn a_status_lost_after_the_last_page() {
    let device = ready()
        .when("NextDocument", page())
        .when("NextDocument", http(404, "", b""))
        .when("ScannerStatus", http(500, "", b""));
    let end = stack(&device).await.1;
    assert!(matches!(end, Ok(Completion::Uncertain { why: Doubt::StatusUnknown })), "{end:?}");
}

#[tokio::test]
async fn strangers_and_silence_have_names() {
    let html = Device::default().when("ScannerCapabilities", http(200, "", b"<!DOCTYPE html><html></html>"));
    let html = html.start().await.capabilities().await;
    assert!(matches!(html, Err(ScanError::NotAScanner(NotEscl::Doctype))), "{html:?}");

    let long = vec![b' '; xml::MAX_BYTES + 1];
    let long = Device::default().when("ScannerCapabilities", http(200, "", &long)).start().await.capabilities().await;
    assert!(matches!(long, Err(ScanError::NotAScanner(NotEscl::TooLong))), "{long:?}");

    let elsewhere = http(302, "Location: http://other.host/\r\n", b"");
    let elsewhere = Device::default().when("ScannerStatus", elsewhere).start().await.status().await;
    assert!(matches!(elsewhere, Err(ScanError::Refused { status: 302, .. })), "{elsewhere:?}");

    let silent = Device::default().when("ScannerStatus", Reply::Hang(Vec::new())).start().await.status().await;
    assert!(matches!(silent, Err(ScanError::Timeout { .. })), "{silent:?}");

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    drop(listener);
    let address = ScannerAddress::read(&format!("127.0.0.1:{port}")).expect("address");
    let off = EsclScanner::new(address).expect("client").status().await;
    assert!(matches!(off, Err(ScanError::Unreachable(_))), "{off:?}");
}

#[tokio::test]
async fn what_the_device_cannot_do_is_told_first() {
    let device = ready();
    let scanner = device.start().await;
    let duplex = ScanSettings { duplex: true, color: ColorMode::Color, ..ScanSettings::default() };
    assert!(matches!(scanner.scan(duplex).await, Err(ScanError::Unsupported("no two-sided feeder"))));
    assert_eq!(device.asked("POST"), 0);
}

#[tokio::test]
async fn a_busy_device_and_a_job_without_a_place() {
    let busy = Device::default()
        .when("ScannerCapabilities", http(200, "", CAPABILITIES))
        .when("ScannerStatus", status("ScannerAdfLoaded", "Pending", 0));
    assert!(matches!(stack(&busy.clone().when("POST", http(503, "", b""))).await.1, Err(ScanError::Busy)));
    let lost = Device::default()
        .when("ScannerCapabilities", http(200, "", CAPABILITIES))
        .when("ScannerStatus", status("ScannerAdfLoaded", "Pending", 0))
        .when("POST", http(201, "", b""));
    assert!(matches!(stack(&lost).await.1, Err(ScanError::NotAScanner(NotEscl::NoLocation))));
}
