import { Button, Group, List, Skeleton, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { api, ask } from '../api.ts';
import { refresh } from '../query-client.ts';
import { tell } from '../resource/act.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { CopyField } from '../shell/CopyField.tsx';
import { Badge, Notice } from '../shell/Notice.tsx';
import { useMe } from './me.ts';
import { Part } from './Part.tsx';

const QrCode = lazy(() => import('./QrCode.tsx'));

type Doing = 'enable' | 'codes' | 'disable' | null;

const titles = {
  enable: 'Turn the second factor on',
  codes: 'New backup codes',
  disable: 'Turn the second factor off',
};

export function TwoFactor() {
  const { two_factor_enabled: isOn } = useMe();
  const [doing, setDoing] = useState<Doing>(null);
  const close = () => setDoing(null);
  return (
    <Part
      title="Second factor"
      badge={<Badge tone={isOn ? 'good' : 'idle'}>{isOn ? 'On' : 'Off'}</Badge>}
      lead="A code of an app on your phone, besides the password."
    >
      <Group>
        {!isOn && <Button onClick={() => setDoing('enable')}>Turn it on</Button>}
        {isOn && (
          <>
            <Button variant="default" onClick={() => setDoing('codes')}>
              New backup codes
            </Button>
            <Button variant="default" c="var(--bad)" onClick={() => setDoing('disable')}>
              Turn it off
            </Button>
          </>
        )}
      </Group>
      {doing && (
        <FormDialog title={titles[doing]} isOpen close={close}>
          {doing === 'enable' && <Enable close={close} />}
          {doing === 'codes' && <NewCodes close={close} />}
          {doing === 'disable' && <Disable close={close} />}
        </FormDialog>
      )}
    </Part>
  );
}

const passwordField = {
  name: 'password',
  label: 'Your password',
  kind: 'password',
  required: true,
  autoComplete: 'current-password',
} as const;

function Enable({ close }: { close(): void }) {
  const [begun, setBegun] = useState<{ totpURI: string; backupCodes: string[] } | null>(null);
  if (!begun) {
    return (
      <ResourceForm
        fields={[passwordField]}
        submitLabel="Go on"
        cancel={close}
        submit={async values => {
          setBegun(await ask(api.POST('/auth/two-factor/enable', { body: { password: String(values.password) } })));
        }}
      />
    );
  }
  return (
    <Stack>
      <Text size="sm">
        1. Scan this with your authenticator app, <a href={begun.totpURI}>open the app</a> on this device, or type the
        key.
      </Text>
      <Suspense fallback={<Skeleton height={196} width={196} />}>
        <QrCode text={begun.totpURI} label="The key as a QR code" />
      </Suspense>
      <CopyField label="Key" value={new URL(begun.totpURI).searchParams.get('secret') ?? ''} />
      <Text size="sm">2. Keep these backup codes. Each lets you in once, without the app.</Text>
      <CopyField label="Backup codes" value={begun.backupCodes.join('\n')} />
      <ResourceForm
        fields={[{ name: 'code', label: '3. The code that the app shows', kind: 'code', required: true }]}
        submitLabel="Turn it on"
        cancel={close}
        submit={async values => {
          await ask(api.POST('/auth/two-factor/verify-totp', { body: { code: textIn(values, 'code') } }));
          await refresh();
          tell('The second factor is on.');
          close();
        }}
      />
    </Stack>
  );
}

function NewCodes({ close }: { close(): void }) {
  const [codes, setCodes] = useState<string[]>([]);
  if (codes.length > 0) {
    return (
      <Stack>
        <Notice tone="warn" title="Keep them now">
          <Text size="sm">They are shown this once. The old ones work no more.</Text>
        </Notice>
        <CopyField label="Backup codes" value={codes.join('\n')} />
        <Button onClick={close}>Done</Button>
      </Stack>
    );
  }
  return (
    <ResourceForm
      fields={[passwordField]}
      submitLabel="Make new codes"
      cancel={close}
      submit={async values => {
        const body = { password: String(values.password) };
        setCodes((await ask(api.POST('/auth/two-factor/generate-backup-codes', { body }))).backupCodes);
      }}
    />
  );
}

function Disable({ close }: { close(): void }) {
  return (
    <Stack>
      <List size="sm">
        <List.Item>The password alone will be enough to sign in.</List.Item>
      </List>
      <ResourceForm
        fields={[passwordField]}
        submitLabel="Turn it off"
        cancel={close}
        submit={async values => {
          await ask(api.POST('/auth/two-factor/disable', { body: { password: String(values.password) } }));
          await refresh();
          tell('The second factor is off.');
          close();
        }}
      />
    </Stack>
  );
}
