/**
 * `123456` and `USD` → `1,234.56 USD`. How many digits are behind the point is the currency's: none
 * for JPY, three for KWD. No floating point is involved, so no amount is rounded.
 * @param currency null when nobody has said it yet
 */
export function formatMinor(amountMinor: number | bigint, currency: string | null): string {
  if (currency === null) return `${WHOLE.format(amountMinor)} minor units`;
  const digits = digitsOf(currency);
  const [sign, figures] =
    amountMinor < 0 ? ['−', String(-BigInt(amountMinor))] : ['', String(BigInt(amountMinor))];
  const padded = figures.padStart(digits + 1, '0');
  const whole = WHOLE.format(BigInt(padded.slice(0, padded.length - digits)));
  const fraction = digits === 0 ? '' : `.${padded.slice(-digits)}`;
  return `${sign}${whole}${fraction} ${currency}`;
}

const WHOLE = new Intl.NumberFormat('en');
const DIGITS_DEFAULT = 2;

/** How many digits of an amount are behind the point. */
export function digitsOf(currency: string): number {
  if (!/^[A-Z]{3}$/.test(currency)) return DIGITS_DEFAULT;
  const { maximumFractionDigits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return maximumFractionDigits ?? DIGITS_DEFAULT;
}
