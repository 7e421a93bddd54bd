import { render } from 'preact';
import { Page } from './page.tsx';

const place = document.getElementById('page');
if (place !== null) {
  place.replaceChildren();
  render(<Page />, place);
}
