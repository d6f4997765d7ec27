//! The window itself.

use tauri::AppHandle;

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "a command takes its context by value")]
pub(crate) fn window_quit(app: AppHandle) {
    app.exit(0);
}
