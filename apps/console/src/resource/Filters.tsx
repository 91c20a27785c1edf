import { NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Search } from './list-search.ts';

/** A filter as the API takes it, in the address under the same name. */
export type Filter =
  | { name: string; label: string; kind: 'choice'; options: readonly { value: string; label: string }[] }
  | { name: string; label: string; kind: 'search' }
  | { name: string; label: string; kind: 'day' };

interface FiltersProps {
  filters: readonly Filter[];
  search: Search;
  change(next: (search: Search) => Search): void;
}

export function Filters({ filters, search, change }: FiltersProps) {
  const set = (name: string, value: string) =>
    change(({ cursor: _, [name]: __, ...rest }) => (value ? { ...rest, [name]: value } : rest));
  return filters.map(filter => {
    const { name, label } = filter;
    const value = search[name] ?? '';
    if (filter.kind === 'search')
      return <SearchField key={name} label={label} value={value} set={text => set(name, text)} />;
    if (filter.kind === 'day') {
      return (
        <TextInput
          key={name}
          type="date"
          label={label}
          value={dayOf(value)}
          onChange={event => set(name, momentOf(event.currentTarget.value))}
        />
      );
    }
    return (
      <NativeSelect
        key={name}
        label={label}
        value={value}
        onChange={event => set(name, event.currentTarget.value)}
        data={[{ value: '', label: 'All' }, ...filter.options]}
      />
    );
  });
}

/** The API takes moments; people choose days, of their own time. */
const momentOf = (day: string): string => (day ? new Date(`${day}T00:00`).toISOString() : '');

function dayOf(moment: string): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return '';
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function SearchField({ label, value, set }: { label: string; value: string; set(text: string): void }) {
  const [text, setText] = useState(value);
  const send = (event: FormEvent) => {
    event.preventDefault();
    set(text.trim());
  };
  return (
    <form onSubmit={send}>
      <TextInput
        type="search"
        label={label}
        value={text}
        maxLength={200}
        onChange={event => setText(event.currentTarget.value)}
        onBlur={() => set(text.trim())}
      />
    </form>
  );
}
