import { NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { formatDateTime } from '../shell/format.ts';
import type { Search } from './list-search.ts';

export interface Option {
  value: string;
  label: string;
}

/** A filter as the API takes it, in the address under the same name. `unset`: what it means where nothing is said. */
export type Filter =
  | { name: string; label: string; kind: 'choice'; options: readonly Option[]; unset?: string }
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
    if (filter.kind === 'day')
      return <DayField key={name} label={label} value={value} set={moment => set(name, moment)} />;
    return (
      <NativeSelect
        key={name}
        label={label}
        value={value}
        onChange={event => set(name, event.currentTarget.value)}
        data={[{ value: '', label: filter.unset ?? 'All' }, ...withAsked(filter.options, value)]}
      />
    );
  });
}

/** What the address asks for is never shown as if nothing were asked for, also where it is not among the options. */
const withAsked = (options: readonly Option[], value: string): readonly Option[] =>
  value === '' || options.some(option => option.value === value) ? options : [...options, { value, label: value }];

/** The filters that are set, in words. */
export const filterWords = (filters: readonly Filter[], search: Search): string[] =>
  filters.flatMap(filter => {
    const value = search[filter.name];
    if (!value) return [];
    if (filter.kind === 'day') return [`${filter.label} ${formatDateTime(value)}`];
    const option = filter.kind === 'choice' && filter.options.find(each => each.value === value);
    return [`${filter.label}: ${option ? option.label : value}`];
  });

/** The API takes moments; people choose days, of their own time. */
const momentOf = (day: string): string => (day ? new Date(`${day}T00:00`).toISOString() : '');

function dayOf(moment: string): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return '';
  const two = (part: number) => String(part).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

interface FieldProps {
  label: string;
  /** As the address has it. */
  value: string;
  set(value: string): void;
}

/** While somebody types a year, a browser tells of the years 2, 20 and 202. */
const isWhole = (day: string): boolean => /^[1-9]\d{3}-/.test(day);

function DayField({ label, value, set }: FieldProps) {
  const [day, setDay] = useDraft(dayOf(value));
  const send = (text: string) => {
    if (text !== dayOf(value)) set(momentOf(text));
  };
  return (
    <TextInput
      type="date"
      label={label}
      value={day}
      onChange={event => {
        setDay(event.currentTarget.value);
        if (isWhole(event.currentTarget.value)) send(event.currentTarget.value);
      }}
      onBlur={() => {
        if (isWhole(day)) return;
        setDay('');
        send('');
      }}
    />
  );
}

function SearchField({ label, value, set }: FieldProps) {
  const [text, setText] = useDraft(value);
  const send = () => {
    if (text.trim() !== value) set(text.trim());
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        type="search"
        label={label}
        value={text}
        maxLength={200}
        onChange={event => setText(event.currentTarget.value)}
        onBlur={send}
      />
    </form>
  );
}

/** What is typed, until the address has it or says something else. */
function useDraft(value: string): [string, (text: string) => void] {
  const [draft, setDraft] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new value ends the draft
  useEffect(() => setDraft(null), [value]);
  return [draft ?? value, setDraft];
}
