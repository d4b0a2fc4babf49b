// What a cadre does on the phone, tap by tap.

import { until } from './harness.mjs';

/** Begins a visit from the list of the first page. */
export async function begin(phone, head) {
  await phone.tap(`给${head}家记走访`);
  await phone.title('走访');
}

/** Takes n pictures in an open visit; the first time the household is asked. */
export async function shoot(phone, n) {
  const pictures = phone.top.getByRole('button', { name: /^第 \d+ 张照片/ });
  for (let i = 0; i < n; i++) {
    await phone.tap('拍照');
    const ask = phone.button('同意，去拍');
    await until(async () => (await ask.isVisible()) || (await pictures.count()) > i, 'a picture or the question');
    if (await ask.isVisible()) {
      await phone.tap('同意，去拍');
    }
    await pictures.nth(i).waitFor();
  }
}

/** Answers n questions inside an open visit, each by its first answer. */
export async function quiz(phone, n) {
  await phone.tap('顺便问几道政策题');
  const choices = phone.top.getByRole('radio').or(phone.top.getByRole('checkbox'));
  for (let i = 1; i <= n; i++) {
    await phone.sees(`第 ${i} 题`);
    await choices.first().click();
    phone.taps++;
    await phone.sees(`第 ${i + 1} 题`); // one answer goes on by itself
  }
  await phone.tap('先到这里');
  await phone.sees(`答了 ${n} 题`);
}

/** Ends an open visit: it is on the phone. */
export async function finish(phone) {
  await phone.tap('完 成');
  await phone.title('今天');
}

/** Everything is acknowledged. */
export async function delivered(phone) {
  await phone.sees('已全部送达');
}
