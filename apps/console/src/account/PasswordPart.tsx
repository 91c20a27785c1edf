import { useState } from 'react';
import { api, ask } from '../api.ts';
import { refresh } from '../query-client.ts';
import { tell } from '../resource/act.tsx';
import { ResourceForm } from '../resource/ResourceForm.tsx';
import { Part } from './Part.tsx';
import { newPasswordField } from './SignUp.tsx';

export function PasswordPart() {
  const [round, setRound] = useState(0);
  return (
    <Part title="Password" lead="All your other sessions end when you change it.">
      <ResourceForm
        key={round}
        fields={[
          {
            name: 'currentPassword',
            label: 'Your password now',
            kind: 'password',
            required: true,
            autoComplete: 'current-password',
          },
          newPasswordField('newPassword', 'New password'),
        ]}
        submitLabel="Change the password"
        submit={async values => {
          const body = { currentPassword: String(values.currentPassword), newPassword: String(values.newPassword) };
          await ask(api.POST('/auth/change-password', { body }));
          await refresh();
          setRound(round + 1);
          tell('Your password is changed.');
        }}
      />
    </Part>
  );
}
