import { Button, Group, Stack, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { Refusal } from '../api.ts';
import { isSignedOut } from '../query-client.ts';
import { Notice } from '../shell/Notice.tsx';
import { ProblemNotice, SignedOutNotice } from '../shell/Problem.tsx';
import { type Field, FormField, fieldId } from './FormField.tsx';
import { HeldOpen, useUnsaved } from './unsaved.ts';

/** What a form gives: text by field; a list where a field takes several. */
export type Values = Record<string, string | string[]>;

/** For the POST of a form: sent again as it is, it acts once, also where the answer to the first did not come. */
export interface Once {
  'Idempotency-Key': string;
}

interface ResourceFormProps {
  fields: readonly Field[];
  initial?: Values;
  submitLabel: string;
  submit(values: Values, once: Once): Promise<unknown>;
  /** Reads the thing again, after somebody else changed it. */
  reload?: () => void;
  cancel?: () => void;
  children?: ReactNode;
  fullWidth?: boolean;
}

/** One form behind everything that is made or changed: a refusal is shown at the field that it is about. */
export function ResourceForm(props: ResourceFormProps) {
  const { fields, initial = {}, submitLabel, submit, cancel, children, fullWidth } = props;
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [isTouched, setTouched] = useState(false);
  useUnsaved(isTouched, busy);
  const once = useRef<Once>(null);
  const faults = faultsOf(error, fields);
  useFocusInDialog(fields);

  async function send(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    setError(null);
    once.current ??= { 'Idempotency-Key': crypto.randomUUID() };
    try {
      await submit(read(form, fields), once.current);
      once.current = null;
      setTouched(false);
    } catch (refusal) {
      setError(refusal);
      const [first] = Object.keys(faultsOf(refusal, fields));
      if (first) document.getElementById(fieldId(first))?.focus();
    } finally {
      setBusy(false);
    }
  }

  function change(): void {
    once.current = null;
    setTouched(true);
  }

  return (
    <form onSubmit={event => void send(event)} onInput={change} noValidate={false}>
      <Stack gap="md">
        {fields.map(field => (
          <FormField key={field.name} field={field} initial={initial[field.name]} error={faults[field.name]} />
        ))}
        {children}
        <Refused error={error} isAtField={Object.keys(faults).length > 0} reload={props.reload} />
        <Group justify="flex-end" gap="sm" grow={fullWidth ?? false}>
          {cancel && (
            <Button variant="default" onClick={cancel}>
              Cancel
            </Button>
          )}
          <Button type="submit" loading={busy}>
            {submitLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** A dialog begins at its first field, not at the cross that closes it. */
function useFocusInDialog(fields: readonly Field[]): void {
  const isInDialog = useContext(HeldOpen) !== null;
  const first = fields[0]?.name;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the form is there
  useEffect(() => {
    if (!isInDialog || !first) return;
    const field = document.getElementById(fieldId(first));
    // The dialog takes the focus a moment later, to what says so.
    field?.setAttribute('data-autofocus', '');
    field?.focus();
  }, []);
}

function Refused({
  error,
  isAtField,
  reload,
}: {
  error: unknown;
  isAtField: boolean;
  reload?: (() => void) | undefined;
}) {
  if (!error || isAtField) return null;
  if (isSignedOut(error)) return <SignedOutNotice />;
  if (!(error instanceof Refusal && error.code === 'stale_version')) return <ProblemNotice error={error} />;
  return (
    <Notice tone="warn" title="Somebody else changed this in the meantime" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          Nothing of yours was saved, so that theirs is not lost. Load their version, look at it, and make your change
          again.
        </Text>
        {reload && (
          <Button size="xs" variant="default" onClick={reload}>
            Load their version
          </Button>
        )}
      </Stack>
    </Notice>
  );
}

/** The API's sentences by field; empty where one of them is about something else. */
function faultsOf(error: unknown, fields: readonly Field[]): Record<string, string> {
  if (!(error instanceof Refusal)) return {};
  const named = (error.problem.errors ?? []).map(({ pointer, detail }) => [pointer.split('/')[1] ?? '', detail]);
  const known = named.every(([name]) => fields.some(field => field.name === name));
  return known ? Object.fromEntries(named) : {};
}

function read(form: HTMLFormElement, fields: readonly Field[]): Values {
  const data = new FormData(form);
  return Object.fromEntries(
    fields.map(({ name, kind }) => [
      name,
      kind === 'checks' ? data.getAll(name).map(String) : String(data.get(name) ?? ''),
    ]),
  );
}

/** A field's text. */
export const textIn = (values: Values, name: string): string => String(values[name] ?? '').trim();
