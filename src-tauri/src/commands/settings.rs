//! Settings and tests of devices.

use desk::settings::{
    self,
    view::{DeviceTest, SettingsDraft, SettingsView},
};
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn settings_get(front: State<'_, Front>) -> Result<SettingsView, CommandError> {
    let desk = front.desk().await?;
    Ok(settings::settings(&desk).await?)
}

#[tauri::command]
pub(crate) async fn settings_save(front: State<'_, Front>, draft: SettingsDraft) -> Result<SettingsView, CommandError> {
    let desk = front.desk().await?;
    Ok(settings::save_settings(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn settings_print_test_label(front: State<'_, Front>) -> Result<DeviceTest, CommandError> {
    let desk = front.desk().await?;
    Ok(settings::print_test_label(&desk).await?)
}

#[tauri::command]
pub(crate) async fn settings_test_scan(front: State<'_, Front>) -> Result<DeviceTest, CommandError> {
    let desk = front.desk().await?;
    Ok(settings::test_scan(&desk).await?)
}

#[tauri::command]
pub(crate) async fn settings_test_central(front: State<'_, Front>) -> Result<DeviceTest, CommandError> {
    let desk = front.desk().await?;
    Ok(settings::test_central(&desk).await?)
}

#[tauri::command]
pub(crate) async fn settings_serial_ports(front: State<'_, Front>) -> Result<Vec<String>, CommandError> {
    let desk = front.desk().await?;
    Ok(settings::serial_ports(&desk).await?)
}
