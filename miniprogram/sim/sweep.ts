import { Play } from './play';

export async function sweep(_kind: string, _p: Play, _seed: number, _failed: { [promise: string]: number }, _first: number, _step: number): Promise<number> {
  return 0;
}
