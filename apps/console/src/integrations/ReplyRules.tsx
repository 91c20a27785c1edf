import { Button, Group, NativeSelect, Stack, Text, Textarea, Title } from '@mantine/core';
import { Icon } from '../shell/Icon.tsx';
import { type DraftRule, newRule } from './config.ts';
import style from './integration.module.css';
import { unknownPlaceholders } from './placeholders.ts';

interface ReplyRulesProps {
  rules: DraftRule[];
  setRules(rules: DraftRule[]): void;
}

const maxRules = 50;

/** The first rule that fits gives the text. */
export function ReplyRules({ rules, setRules }: ReplyRulesProps) {
  const change = (key: string, part: Partial<DraftRule>) =>
    setRules(rules.map(rule => (rule.key === key ? { ...rule, ...part } : rule)));
  return (
    <Stack gap="md" align="flex-start">
      <div>
        <Title order={2} size="h3">
          Rules
        </Title>
        <Text c="dimmed">Where a word is found, its text is sent instead. The first rule that fits counts.</Text>
      </div>
      {rules.map((rule, index) => (
        <OneRule
          key={rule.key}
          rule={rule}
          number={index + 1}
          change={part => change(rule.key, part)}
          remove={() => setRules(rules.filter(other => other.key !== rule.key))}
        />
      ))}
      <Button
        variant="default"
        leftSection={<Icon name="plus" />}
        disabled={rules.length >= maxRules}
        onClick={() => setRules([...rules, newRule()])}
      >
        Add a rule
      </Button>
    </Stack>
  );
}

interface OneRuleProps {
  rule: DraftRule;
  number: number;
  change(part: Partial<DraftRule>): void;
  remove(): void;
}

function OneRule({ rule, number, change, remove }: OneRuleProps) {
  return (
    <Stack gap="sm" className={style.rule} w="100%" role="group" aria-label={`Rule ${number}`}>
      <Group gap="sm" align="flex-start">
        <Textarea
          flex={1}
          miw={220}
          label="If it contains any of"
          description="Whole words or phrases, each in a line of its own."
          // Below, so that it stands in line with its neighbour.
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={rule.words}
          onChange={event => change({ words: event.currentTarget.value })}
          autosize
          minRows={2}
          maxRows={8}
          required
        />
        <NativeSelect
          label="In"
          value={rule.kind}
          onChange={event => change({ kind: event.currentTarget.value as DraftRule['kind'] })}
          data={[
            { value: '', label: 'Comments and messages' },
            { value: 'comment', label: 'Comments' },
            { value: 'message', label: 'Messages' },
          ]}
        />
      </Group>
      <Textarea
        label="Then answer"
        value={rule.text}
        error={unknownPlaceholders(rule.text)}
        onChange={event => change({ text: event.currentTarget.value })}
        autosize
        minRows={2}
        maxLength={1_900}
        required
      />
      <Group justify="flex-end">
        <Button variant="subtle" color="gray" size="compact-sm" onClick={remove}>
          Remove this rule
        </Button>
      </Group>
    </Stack>
  );
}
