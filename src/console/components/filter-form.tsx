import type { ComponentChildren } from 'preact';

/** A field of a filter form. `name` is that of the filter. */
export interface FilterField {
  readonly name: string;
  readonly label: string;
  /** What can be chosen; without it, text is typed. */
  readonly options?: readonly string[];
  /** An example; for a time one in ISO 8601, since a picker of the browser would send local time. */
  readonly placeholder?: string;
}

/**
 * Chooses what a list shows. Works as a plain form; with htmx only `Results` is loaded anew, and the
 * address follows, so that it can be shared.
 */
export function FilterForm({
  path,
  fields,
  filters,
}: {
  readonly path: string;
  readonly fields: readonly FilterField[];
  /** As `givenFilters` read them. */
  readonly filters: Readonly<Record<string, string>>;
}) {
  return (
    <form
      class="filters"
      role="search"
      method="get"
      action={path}
      hx-get={path}
      hx-target="#results"
      hx-select="#results"
      hx-swap="outerHTML"
      hx-push-url="true"
      hx-trigger="submit, change target:select"
    >
      {fields.map((field) => (
        <Field key={field.name} field={field} value={filters[field.name] ?? ''} />
      ))}
      <div class="filter-buttons">
        <button type="submit">Filter</button>
        <a href={path}>Clear</a>
      </div>
    </form>
  );
}

function Field({ field, value }: { readonly field: FilterField; readonly value: string }) {
  const { name, label, options, placeholder } = field;
  const id = `filter-${name}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {options ? (
        <select id={id} name={name}>
          <option value="">Any</option>
          {options.map((option) => (
            <option key={option} value={option} selected={option === value}>
              {option.replaceAll('_', ' ')}
            </option>
          ))}
        </select>
      ) : (
        <input id={id} name={name} type="text" value={value} placeholder={placeholder} />
      )}
    </div>
  );
}

/** What a filter form loads anew: the table and its pager. One on a page. */
export function Results({ children }: { readonly children: ComponentChildren }) {
  return (
    <section id="results" aria-label="Results">
      {children}
    </section>
  );
}
