import { Checkbox, NativeSelect, PasswordInput, Stack, Textarea, TextInput } from '@mantine/core';

export interface Field {
  name: string;
  label: string;
  kind?: 'text' | 'email' | 'password' | 'textarea' | 'select' | 'checks' | 'date' | 'code';
  description?: string;
  required?: boolean;
  autoComplete?: string;
  minLength?: number;
  maxLength?: number;
  options?: readonly { value: string; label: string; description?: string }[];
}

export const fieldId = (name: string): string => `field-${name}`;

interface FormFieldProps {
  field: Field;
  initial: string | string[] | undefined;
  error: string | undefined;
}

/** One field as its kind needs it. The form reads it by its name. */
export function FormField({ field, initial, error }: FormFieldProps) {
  const { name, label, kind = 'text', description, required = false, options = [], ...limits } = field;
  const common = { id: fieldId(name), name, label, description, required, error, ...limits };
  const text = { ...common, defaultValue: typeof initial === 'string' ? initial : '' };
  if (kind === 'password') return <PasswordInput {...text} />;
  if (kind === 'textarea') return <Textarea {...text} autosize minRows={3} maxRows={10} />;
  if (kind === 'checks') return <Checks field={field} chosen={initial} error={error} />;
  if (kind === 'select') return <NativeSelect {...text} data={options.map(({ value, label }) => ({ value, label }))} />;
  if (kind === 'code') return <TextInput {...text} inputMode="numeric" autoComplete="one-time-code" autoFocus />;
  return <TextInput {...text} type={kind} />;
}

function Checks({
  field,
  chosen = [],
  error,
}: {
  field: Field;
  chosen?: string | string[] | undefined;
  error: string | undefined;
}) {
  return (
    <Checkbox.Group label={field.label} description={field.description} error={error} defaultValue={[...chosen]}>
      <Stack gap="xs" mt={8}>
        {field.options?.map(({ value, label, description }) => (
          <Checkbox key={value} name={field.name} value={value} label={label} description={description} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
