import { hogletApp } from './hoglet-app.ts';

hogletApp().app.synth();
