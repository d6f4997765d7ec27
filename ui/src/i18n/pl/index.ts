import { audit } from "./audit";
import { directory } from "./directory";
import { errors } from "./errors";
import { heldFile } from "./heldFile";
import { intake } from "./intake";
import { keys } from "./keys";
import { letter } from "./letter";
import { register } from "./register";
import { scanning } from "./scanning";
import { session } from "./session";
import { settings } from "./settings";
import { shell } from "./shell";
import { tasks } from "./tasks";

export const pl = {
  audit,
  directory,
  errors,
  heldFile,
  intake,
  keys,
  letter,
  register,
  scanning,
  session,
  settings,
  shell,
  tasks,
} as const;
