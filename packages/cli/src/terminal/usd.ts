/** An amount as text: `$0.12`, `under $0.01`. */
export function usd(amount: number): string {
  if (amount > 0 && amount < 0.01) return "under $0.01";
  const digits = amount < 1000 ? 2 : 0;
  return `$${amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
