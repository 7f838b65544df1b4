import asyncio


class ChatService:
    """Answers with as many chunks as the message says."""

    async def process_message(self, message, session_id, stream):
        return self._chunks(int(message))

    async def _chunks(self, count):
        for _ in range(count):
            # Others have their turn, as they would while a model thinks.
            await asyncio.sleep(0)
            yield {"content": "contrato ", "agent_id": "zumbi", "agent_name": "Zumbi dos Palmares"}
