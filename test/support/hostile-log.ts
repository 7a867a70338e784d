/** What every entry of the log has. */
export interface LogEntry extends Readonly<Record<string, unknown>> {
  readonly level: number;
  readonly time: string;
  readonly msg: string;
}

/** Reads a log in which every line is an entry; whatever is none is given back as it is. */
export function logLines(logs: string): { entries: LogEntry[]; broken: string[] } {
  const entries: LogEntry[] = [];
  const broken: string[] = [];
  // The last line may be under way just now.
  for (const line of logs.split('\n').slice(0, -1)) {
    const entry = readEntry(line);
    if (entry === null) broken.push(line);
    else entries.push(entry);
  }
  return { entries, broken };
}

function readEntry(line: string): LogEntry | null {
  try {
    const entry = JSON.parse(line) as LogEntry;
    const types = [typeof entry.level, typeof entry.time, typeof entry.msg].join();
    return types === 'number,string,string' ? entry : null;
  } catch {
    return null;
  }
}
