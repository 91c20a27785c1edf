import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { Ref } from 'react';

interface Referred {
  ref?: Ref<HTMLAnchorElement>;
}

const PlainLink = (props: Omit<AnchorProps, 'href'> & Referred) => <Anchor {...props} />;
const PlainButton = (props: Omit<ButtonProps, 'href'> & Referred) => <Button component="a" {...props} />;

/** Links within the console: to a route, checked when it is built. */
export const AppLink = createLink(PlainLink);
export const ButtonLink = createLink(PlainButton);
