/** A metric that an expression reads, and the labels that it needs of it. */
export interface MetricUse {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** What an expression reads, and which labels its result has. */
export interface Reading {
  readonly uses: readonly MetricUse[];
  readonly labels: ReadonlySet<string>;
}

/** The labels of a metric; null: there is no such metric. */
export type FindLabels = (metric: string) => readonly string[] | null;

const AGGREGATIONS: ReadonlySet<string> = new Set(
  'sum avg min max count group stddev stdvar topk bottomk quantile count_values'.split(' '),
);

/** Those that we use; one that is not here is either a slip or to be added. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'rate irate increase delta deriv changes resets histogram_quantile absent vector scalar time ' +
    'min_over_time max_over_time avg_over_time sum_over_time count_over_time abs ceil floor round ' +
    'clamp_min clamp_max'
  ).split(' '),
);

const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

const TOKEN =
  /\s+|(?<text>"(?:[^"\\]|\\.)*")|(?<number>\d+(?:\.\d+)?(?:ms|[smhdwy])?(?![\w.]))|(?<name>\$?[a-zA-Z_][\w:]*)|(?<sign>==|!=|>=|<=|=~|!~|[-+*/%^<>=(){}[\],:])/y;

interface Token {
  readonly kind: 'text' | 'number' | 'name' | 'sign';
  readonly text: string;
}

/**
 * Reads the part of PromQL that dashboards and alerts here are written in: selectors, ranges,
 * functions, aggregations and operators with their modifiers. Whatever it does not know is an
 * error, never skipped: what was not read was not checked.
 * @throws Error for what it cannot read, and for a metric that is not there
 */
export function readPromql(expression: string, findLabels: FindLabels): Reading {
  const parser = new Parser(tokenize(expression), findLabels);
  const labels = parser.readExpression();
  parser.expectEnd();
  return { uses: parser.uses, labels };
}

/** What is wrong with an expression: metrics and labels that are not there, or what is no PromQL. */
export function findPromqlProblems(expression: string, findLabels: FindLabels): string[] {
  try {
    return readPromql(expression, findLabels).uses.flatMap(({ metric, labels }) =>
      labels
        .filter((label) => !findLabels(metric)?.includes(label))
        .map((label) => `${metric} has no label ${label}`),
    );
  } catch (error) {
    return [(error as Error).message];
  }
}

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < expression.length;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(expression);
    if (!match) throw new Error(`cannot read "${expression.slice(at, at + 20)}"`);
    at = TOKEN.lastIndex;
    const [kind, text] = Object.entries(match.groups ?? {}).find(([, one]) => one) ?? [];
    if (kind && text) tokens.push({ kind: kind as Token['kind'], text });
  }
  return tokens;
}

class Parser {
  readonly uses: { metric: string; labels: string[] }[] = [];
  private at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly findLabels: FindLabels,
  ) {}

  expectEnd(): void {
    if (this.at < this.tokens.length) throw new Error(`nothing is expected at "${this.rest()}"`);
  }

  /** Precedence changes what is computed, and neither what is read nor the labels of it. */
  readExpression(): ReadonlySet<string> {
    let labels = this.readOperand();
    while (this.isOperator()) {
      const operator = this.next().text;
      this.take('bool');
      const matching = this.readModifier(['on', 'ignoring']);
      if (this.readModifier(['group_left', 'group_right'])) {
        throw new Error('group_left and group_right are not understood here');
      }
      const right = this.readOperand();
      needAll(matching?.labels ?? [], labels);
      needAll(matching?.labels ?? [], right);
      if (operator === 'or') labels = new Set([...labels].filter((one) => right.has(one)));
      else if (!SET_OPERATORS.has(operator) && matching) {
        const isOn = matching.word === 'on';
        labels = new Set([...labels].filter((one) => matching.labels.includes(one) === isOn));
      }
    }
    return labels;
  }

  private isOperator(): boolean {
    const token = this.tokens[this.at];
    if (!token) return false;
    if (token.kind === 'name') return SET_OPERATORS.has(token.text);
    return token.kind === 'sign' && /^([-+*/%^<>]|==|!=|>=|<=)$/.test(token.text);
  }

  private readOperand(): ReadonlySet<string> {
    const token = this.next();
    let labels: ReadonlySet<string>;
    if (token.text === '-') return this.readOperand();
    if (token.text === '(') {
      labels = this.readExpression();
      this.expect(')');
    } else if (token.kind === 'number' || token.kind === 'text') {
      return new Set();
    } else if (token.kind !== 'name') {
      throw new Error(`expected a metric, a function or a number at "${token.text}"`);
    } else if (AGGREGATIONS.has(token.text)) {
      labels = this.readAggregation();
    } else if (this.tokens[this.at]?.text === '(') {
      labels = this.readCall(token.text);
    } else {
      labels = this.readSelector(token.text);
    }
    this.readRange();
    return labels;
  }

  /** `sum by (a) (x)` and `sum(x) by (a)`. */
  private readAggregation(): ReadonlySet<string> {
    const before = this.readModifier(['by', 'without']);
    const inside = this.readArguments();
    const grouping = before ?? this.readModifier(['by', 'without']);
    needAll(grouping?.labels ?? [], inside);
    if (grouping?.word !== 'without') return new Set(grouping?.labels);
    return new Set([...inside].filter((one) => !grouping.labels.includes(one)));
  }

  private readCall(name: string): ReadonlySet<string> {
    if (!FUNCTIONS.has(name)) throw new Error(`there is no function ${name} here`);
    const from = this.uses.length;
    const labels = this.readArguments();
    if (['absent', 'vector', 'scalar', 'time'].includes(name)) return new Set();
    if (name === 'histogram_quantile') {
      if (!labels.has('le')) throw new Error('histogram_quantile needs the label le');
      for (const { metric } of this.uses.slice(from)) {
        if (!metric.endsWith('_bucket')) throw new Error(`${metric} has no buckets`);
      }
      return new Set([...labels].filter((one) => one !== 'le'));
    }
    return labels;
  }

  /** The labels of the arguments together: at most one of them has any. */
  private readArguments(): ReadonlySet<string> {
    this.expect('(');
    const labels = new Set<string>();
    while (this.tokens[this.at]?.text !== ')') {
      for (const one of this.readExpression()) labels.add(one);
      if (!this.take(',')) break;
    }
    this.expect(')');
    return labels;
  }

  private readSelector(metric: string): ReadonlySet<string> {
    const known = this.findLabels(metric);
    if (known === null) throw new Error(`there is no metric ${metric}`);
    const labels: string[] = [];
    if (this.take('{')) {
      while (!this.take('}')) {
        labels.push(this.readName());
        const operator = this.next().text;
        if (!['=', '!=', '=~', '!~'].includes(operator)) {
          throw new Error(`expected a matcher at "${operator}"`);
        }
        if (this.next().kind !== 'text') throw new Error('expected a text in quotes');
        this.take(',');
      }
    }
    this.uses.push({ metric, labels });
    return new Set(known);
  }

  /** `[5m]`, `[$__rate_interval]`, `[10m:1m]`, `offset 1h`. */
  private readRange(): void {
    if (this.take('[')) {
      this.readDuration();
      if (this.take(':') && this.tokens[this.at]?.text !== ']') this.readDuration();
      this.expect(']');
    }
    if (this.take('offset')) this.readDuration();
  }

  private readDuration(): void {
    const { kind, text } = this.next();
    const isDuration = kind === 'number' ? /[a-z]$/.test(text) : /^\$\w+$/.test(text);
    if (!isDuration) throw new Error(`expected a duration at "${text}"`);
  }

  private readModifier(words: readonly string[]): { word: string; labels: string[] } | null {
    const word = this.tokens[this.at]?.text ?? '';
    if (!words.includes(word)) return null;
    this.at += 1;
    this.expect('(');
    const labels: string[] = [];
    while (!this.take(')')) {
      labels.push(this.readName());
      this.take(',');
    }
    return { word, labels };
  }

  private readName(): string {
    const { kind, text } = this.next();
    if (kind !== 'name' || text.startsWith('$')) throw new Error(`expected a label at "${text}"`);
    return text;
  }

  private take(text: string): boolean {
    if (this.tokens[this.at]?.text !== text) return false;
    this.at += 1;
    return true;
  }

  private expect(text: string): void {
    if (!this.take(text)) throw new Error(`expected "${text}" at "${this.rest()}"`);
  }

  private next(): Token {
    const token = this.tokens[this.at];
    if (!token) throw new Error('the expression ends too early');
    this.at += 1;
    return token;
  }

  private rest(): string {
    return this.tokens
      .slice(this.at, this.at + 5)
      .map(({ text }) => text)
      .join(' ');
  }
}

/** Who groups or matches by a label that is not there has misspelt it. */
function needAll(wanted: readonly string[], labels: ReadonlySet<string>): void {
  const missing = wanted.filter((one) => !labels.has(one));
  if (missing.length > 0) throw new Error(`nothing here has the label ${missing.join(', ')}`);
}
