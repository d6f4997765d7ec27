//! The window itself.

use tauri::AppHandle;

#[tauri::command]
pub(crate) fn window_quit(app: AppHandle) {
    app.exit(0);
}
