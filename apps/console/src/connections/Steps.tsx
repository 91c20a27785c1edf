import { Icon } from '../shell/Icon.tsx';
import style from './steps.module.css';

const steps = ['Log in to Facebook', 'Pick the pages', 'First check'];

/** Where one is on the way: from 0 on. */
export function Steps({ at }: { at: number }) {
  return (
    <ol className={style.steps} aria-label="Steps">
      {steps.map((step, index) => (
        <li key={step} aria-current={index === at ? 'step' : undefined} data-done={index < at || undefined}>
          <span className={style.mark} aria-hidden="true">
            {index < at ? <Icon name="check" size={15} /> : index + 1}
          </span>
          {step}
        </li>
      ))}
    </ol>
  );
}
