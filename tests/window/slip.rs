//! The confirmation slip: saved through the system's own dialogue, by keyboard, as the very bytes of the preview.

use serde_json::json;

use crate::Counter;

#[tokio::test(flavor = "multi_thread")]
async fn the_slip_is_saved_through_the_dialogue_of_the_system() {
    let counter = Counter::open().await;
    let (window, job) = (&counter.window, counter.job());
    let number = job.register("Łozińska Barbara", "Wniosek o wydanie zaświadczenia").await;
    job.label_confirmed().await;
    window.press("ctrl+d");
    let drawn = "return document.querySelector('[data-testid=slip-dialog] canvas') !== null";
    window.wait("the slip is drawn", drawn).await;

    window.press("ctrl+s");
    window.display.wait_for_dialogue();
    let path = counter.work.path().join("potwierdzenie.pdf");
    window.press("ctrl+a");
    window.type_text(path.to_str().expect("a path in UTF-8"));
    window.press("Return");
    window
        .wait(
            "the window says that it is saved",
            "return (document.querySelector('[data-testid=slip-saved]')?.innerText ?? '') !== ''",
        )
        .await;
    let row = window.command("letters_list", json!({ "query": { "text": number, "after": null } })).await;
    let shown = window.bytes("slip_pdf", json!({ "letterId": row["rows"][0]["id"] })).await;
    assert_eq!(std::fs::read(&path).expect("the saved slip"), shown);
    counter.close().await;
}
