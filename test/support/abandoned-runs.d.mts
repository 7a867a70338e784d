/** The folder of a run is named for its process, so that the next run can clean up after it. */
export function runFolderPrefix(pid: number): string;
/** Folders of runs whose process was killed, with servers that perhaps still run. */
export function abandonedRuns(): Promise<string[]>;
/** Ends the servers that work in a run's folder, and removes it. */
export function removeRun(folder: string): Promise<void>;
