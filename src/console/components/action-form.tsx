import type { ComponentChildren } from 'preact';
import { CsrfInput } from './csrf-input.js';

interface ActionFormProps {
  /** Where it is sent: a path of the console. */
  readonly action: string;
  /** What the button says: a verb. */
  readonly label: string;
  /** Sent along without being shown. */
  readonly hidden?: Readonly<Record<string, string>>;
  /** Fields to fill in; `ReasonField` for one. */
  readonly children?: ComponentChildren;
  /** What will happen. With it the button first opens the form, and a second one sends it. */
  readonly confirm?: string;
  readonly isDangerous?: boolean;
}

/**
 * A button that changes something. Show it only to those who may act: `useMayAct()`. The second step
 * of one that asks back is part of the page: it needs no script, and can be read in peace.
 */
export function ActionForm(props: ActionFormProps) {
  const { label, confirm, isDangerous = false } = props;
  const tone = isDangerous ? 'danger' : undefined;
  if (confirm === undefined) return <Form {...props} buttonClass={tone} />;
  return (
    // Of one name, only one is open.
    <details class="confirm" name="confirm">
      <summary class={`button ${tone ?? ''}`}>{label}…</summary>
      <div class="confirm-box">
        <p>{confirm}</p>
        <Form {...props} buttonClass={isDangerous ? 'danger' : 'primary'} />
      </div>
    </details>
  );
}

function Form({
  action,
  label,
  hidden = {},
  children,
  buttonClass,
}: ActionFormProps & { readonly buttonClass: string | undefined }) {
  return (
    <form class="action" method="post" action={action}>
      <CsrfInput />
      {Object.entries(hidden).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {children}
      <button type="submit" class={buttonClass}>
        {label}
      </button>
    </form>
  );
}

/** Why somebody does something: it goes into the audit. */
export function ReasonField({ isRequired = true }: { readonly isRequired?: boolean }) {
  return (
    <label class="field">
      Reason{!isRequired && ' (optional)'}
      <input name="reason" type="text" maxLength={500} required={isRequired} autocomplete="off" />
    </label>
  );
}
