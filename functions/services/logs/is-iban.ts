/** Whether it passes the check of ISO 13616: its digits, letters counted from 10, leave 1 of 97. */
export const isIban = (text: string): boolean => {
  const plain = text.replaceAll(' ', '');
  if (!/^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/.test(plain)) return false;
  const turned = plain.slice(4) + plain.slice(0, 4);
  const remainder = turned.split('').reduce((before, one) => {
    const value = Number.parseInt(one, 36);
    return (before * (value > 9 ? 100 : 10) + value) % 97;
  }, 0);
  return remainder === 1;
};
