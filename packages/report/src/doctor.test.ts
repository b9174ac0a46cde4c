import { expect, test } from 'vitest';

import { renderDoctor, type DoctorView } from './doctor.ts';

const style = { color: false, unicode: true, width: 80 };
const view: DoctorView = {
  usable: true,
  runtime: 'local',
  why: 'the programs are installed',
  checks: [
    { name: 'node', runtime: null, state: 'ok', found: '24.21.0', mend: null },
    { name: 'redis-server', runtime: 'local', state: 'ok', found: '7.0.15', mend: null },
    {
      name: 'toxiproxy-server',
      runtime: 'local',
      state: 'optional',
      found: 'not on the PATH; the embedded stand-in would serve',
      mend: './scripts/lab setup',
    },
  ],
};

test('groups what was found by runtime and names what mends it', () => {
  expect(renderDoctor(view, style)).toBe(
    [
      'every runtime',
      '  ✓ ok          node              24.21.0',
      '',
      'local',
      '  ✓ ok          redis-server      7.0.15',
      '  ? optional    toxiproxy-server  not on the PATH; the embedded stand-in would',
      '                                  serve',
      '                                  mend: ./scripts/lab setup',
      '',
      ' ✓ READY   runtime local',
      '  the programs are installed',
      '',
    ].join('\n'),
  );
});

test('says so when no runtime can be used', () => {
  const none = renderDoctor({ ...view, usable: false, runtime: null, why: 'no broker' }, style);
  expect(none).toContain('✕ NOT READY');
  expect(none).toContain('no broker');
});
