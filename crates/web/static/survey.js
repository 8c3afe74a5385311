// Shows a question of a survey only where an earlier answer asks for it. Without scripts every question stands there, with
// a line that says when it counts; the server leaves out what is not asked.
'use strict';
for (const form of document.querySelectorAll('form[data-survey]')) {
  const questions = [...form.querySelectorAll('[data-question]')];
  const given = (id) => [...form.querySelectorAll(`[name="q${id}"]:checked, input[type="number"][name="q${id}"]`)].map((field) => field.value);
  const look = () => {
    const hidden = new Set();
    for (const question of questions) {
      const [of, values] = (question.dataset.if || '').split(':');
      const asked = !of || (!hidden.has(of) && given(of).some((value) => values.split(',').includes(value)));
      question.hidden = !asked;
      if (!asked) hidden.add(question.dataset.question);
    }
  };
  for (const words of form.querySelectorAll('[data-if-words]')) words.hidden = true;
  form.addEventListener('change', look);
  form.addEventListener('input', look);
  look();
}
