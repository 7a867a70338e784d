/** What was typed into a filter form and cannot be used; nothing when all can. */
export function FilterProblem({ problem }: { readonly problem: string | null }) {
  if (problem === null) return null;
  return (
    <p class="notice problem" role="alert">
      This filter cannot be used: {problem}
    </p>
  );
}
