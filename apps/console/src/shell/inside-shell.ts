import { createContext } from 'react';

/** Whether the frame of all pages stands around what is shown: it has the one `main` of the document. */
export const InsideShell = createContext(false);
