/** What lies beside a plugin's files and is none of them: of version control, the desktop, and editors (vim, Emacs, JetBrains). */
const WORKSHOP = /^(?:\.git|\.hoglet|\.DS_Store|\.idea|\.vscode|4913|\.#.*|#.*#|.*~|\..*\.sw[a-z]|.*___jb_\w+___)$/;

/** @param name of a file or folder, without what is above it */
export function isWorkshopFile(name: string): boolean {
  return WORKSHOP.test(name);
}
